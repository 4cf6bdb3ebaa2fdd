package io.pgqueuer.cli.torture.soak

/** What a soak measures. [process] is whose heap or threads these are; null for all other kinds. */
internal data class Quantity(
    val kind: Kind,
    val process: String? = null,
) {
    override fun toString(): String = kind.label + process?.let { " of $it" }.orEmpty()

    companion object {
        const val PRODUCER = "the producer"

        fun worker(place: Int) = "worker ${place + 1}"

        /** All that a soak with so many [workers] measures. */
        fun all(workers: Int): List<Quantity> {
            val processes = listOf(PRODUCER) + List(workers, ::worker)
            return listOf(Kind.HEAP, Kind.THREADS).flatMap { kind -> processes.map { Quantity(kind, it) } } +
                (Kind.entries - Kind.HEAP - Kind.THREADS).map { Quantity(it) }
        }
    }
}
