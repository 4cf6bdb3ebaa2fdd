package io.pgqueuer.simulation

/** What happened in a simulation, in order, each line with its virtual time. */
internal class History(
    private val steps: Steps,
) {
    private val entries = ArrayList<String>()

    val lines: List<String> get() = entries

    fun add(what: String) {
        entries += "${steps.now}: $what"
    }
}
