package io.pgqueuer.cli.torture.check

/** Collects the broken rules. */
internal class Violations {
    private val found = mutableListOf<String>()

    /** How many jobs were lost. */
    var lost = 0
        private set

    val all: List<String> get() = found

    fun add(what: String) {
        found += what
    }

    fun addLost(what: String) {
        lost++
        add(what)
    }
}
