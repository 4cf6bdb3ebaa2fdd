package io.pgqueuer.exposed.internal.claim

/**
 * The parameters of a statement that is put together from parts. Each is named where its text is made, so that the order
 * of the values is that of the text.
 *
 * @param R what the values are taken from.
 */
internal class Parameters<R> {
    private val values = ArrayList<(R) -> Any?>()

    /** Returns the place holder of [value]. Must be called in the order of the text. */
    fun of(value: (R) -> Any?): String {
        values += value
        return "?"
    }

    fun of(request: R): List<Any?> = values.map { it(request) }
}
