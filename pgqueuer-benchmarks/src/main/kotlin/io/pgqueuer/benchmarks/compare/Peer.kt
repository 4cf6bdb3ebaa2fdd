package io.pgqueuer.benchmarks.compare

/**
 * A job queue in an empty schema, set up as its own documentation advises for throughput. Its jobs only report that they
 * ran. For use by one thread.
 */
internal interface Peer : AutoCloseable {
    /** Enqueues [count] more jobs in one call, in the fastest way that is documented. */
    fun enqueue(count: Int)

    /** Starts the workers, and returns. */
    fun start()

    /** Counts the jobs in the database that are not done. */
    fun left(): Long

    /** Stops the workers if they run, and closes the connections. */
    override fun close()
}

/**
 * A [Peer] that can be measured.
 *
 * @property name its name, also on the command line.
 * @property version the version of its published artifact.
 * @property settings its settings, and how it enqueues.
 * @property open makes it in a schema. Its jobs call `ran` when they run.
 */
internal class Candidate(
    val name: String,
    val version: String,
    val settings: String,
    val open: (schema: EmptySchema, ran: () -> Unit) -> Peer,
)

internal val CANDIDATES: List<Candidate> = listOf(
    PgQueuerPeer.candidate,
    DbSchedulerPeer.candidate,
    JobRunrPeer.candidate,
    QuartzPeer.candidate,
)

/** The payload of the jobs: about 20 bytes, as in the other benchmarks. */
internal const val PAYLOAD = "twenty bytes of data"

/** The name of the handler. */
internal const val ENTRYPOINT = "bench"
