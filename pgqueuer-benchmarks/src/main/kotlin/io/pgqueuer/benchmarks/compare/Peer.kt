package io.pgqueuer.benchmarks.compare

/**
 * A job queue, set up in an empty schema as its own documentation has it for throughput. Its jobs do nothing but tell
 * that they ran. For use by one thread.
 */
internal interface Peer : AutoCloseable {
    /** Stores [count] jobs more by one call of the fastest way that is documented. */
    fun enqueue(count: Int)

    /** Begins to work the queue, and returns. */
    fun start()

    /** Counts the jobs that are not done, as the database has them. */
    fun left(): Long

    /** Stops working the queue, if it does, and ends its connections. */
    override fun close()
}

/**
 * A [Peer] that can be measured.
 *
 * @property name what users call it by, on the command line too.
 * @property version of its published artifact.
 * @property settings what it is set to, and how it enqueues.
 * @property open makes it in a schema, with what its jobs call when they run.
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

/** About 20 bytes, as in the other benchmarks. */
internal const val PAYLOAD = "twenty bytes of data"

/** The name of what the jobs are for. */
internal const val ENTRYPOINT = "bench"
