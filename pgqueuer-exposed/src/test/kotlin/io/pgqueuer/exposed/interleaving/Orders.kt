package io.pgqueuer.exposed.interleaving

/**
 * Enumerates all ways through something that has choices, by running it again and again: every run makes the choices
 * that no earlier one made, depth first.
 *
 * ```
 * val orders = Orders()
 * do { run(orders) } while (orders.next())
 * ```
 */
internal class Orders {
    private class Choice(
        var taken: Int,
        val of: Int,
    )

    private val choices = ArrayList<Choice>()
    private var depth = 0

    fun <T> choose(options: List<T>): T {
        if (depth == choices.size) choices += Choice(taken = 0, options.size)
        val choice = choices[depth++]
        check(choice.of == options.size) { "choice $depth had ${choice.of} options in an earlier run, now: $options" }
        return options[choice.taken]
    }

    /** Starts the same run once more. */
    fun again() {
        depth = 0
    }

    /** Starts the next run, or returns false if there is none. */
    fun next(): Boolean {
        depth = 0
        while (choices.isNotEmpty() && choices.last().run { taken == of - 1 }) choices.removeLast()
        if (choices.isEmpty()) return false
        choices.last().taken++
        return true
    }
}

internal fun <T> List<T>.permutations(): List<List<T>> = if (isEmpty()) {
    listOf(emptyList())
} else {
    flatMap { first -> (this - first).permutations().map { listOf(first) + it } }
}
