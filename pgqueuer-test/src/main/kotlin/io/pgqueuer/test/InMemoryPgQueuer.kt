package io.pgqueuer.test

import io.pgqueuer.Backend
import io.pgqueuer.FailureRecord
import io.pgqueuer.HeldJob
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus
import io.pgqueuer.JobType
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope

/**
 * Creates a worker on a fresh queue in memory, under the virtual time of this test. Delays, retries, schedules,
 * timeouts and leases take no real time.
 *
 * ```
 * @Test
 * fun `a receipt is sent again after five minutes`() = runTest {
 *     val pgq = inMemoryPgQueuer { entrypoint(SendReceipt, { retry = … }) { mailer.send(it) } }
 *     pgq.queue.enqueue(SendReceipt, receipt)
 *     pgq.start()
 *     advanceTimeBy(6.minutes)
 *     …
 * }
 * ```
 *
 * Time starts at the epoch, Thursday, 1 January 1970, 00:00 UTC, plus the virtual time that the test has already used.
 *
 * @param options how the worker runs.
 * @param configure registers the handlers; leave it out to test only a producer.
 * @throws IllegalArgumentException if a registration is invalid.
 */
public fun TestScope.inMemoryPgQueuer(
    options: RunOptions = RunOptions.DEFAULT,
    configure: WorkerBuilder.() -> Unit = {},
): InMemoryPgQueuer = InMemoryPgQueuer(this, options, configure)

/** A worker and its queue for one test, made by [inMemoryPgQueuer]. */
public class InMemoryPgQueuer internal constructor(
    private val scope: TestScope,
    private val options: RunOptions,
    configure: WorkerBuilder.() -> Unit,
) {
    private val recording = RecordingStore(inMemoryBackend().store)

    /** Pass it to code under test that takes a backend. */
    public val backend: Backend = StoreBackend(recording)

    /** Pass it to code under test that takes a queue. */
    public val queue: JobQueue = backend.queue

    /** The worker. It does not run until [start] or [drain]. */
    public val worker: Worker = backend.worker(configure)

    /** All jobs that were enqueued so far, in order, whether or not they have ended. */
    public val enqueued: List<EnqueuedJob> get() = recording.enqueued

    /** The jobs that were enqueued so far for [entrypoint]. */
    public fun enqueued(entrypoint: String): List<EnqueuedJob> = enqueued.filter { it.entrypoint == entrypoint }

    /** The values of the jobs of [type] that were enqueued so far. */
    public fun <T> enqueued(type: JobType<T>): List<T> = enqueued(type.entrypoint).map { it.valueOf(type) }

    /**
     * Runs the worker alongside the test, until the test ends or [Worker.shutdown] is called. The worker runs while the
     * test suspends, as far as `advanceTimeBy` or `delay` advances time.
     */
    public fun start(): Job = scope.backgroundScope.launch { worker.run(options) }

    /**
     * Runs the worker until no job is queued and every handler has ended. This includes jobs that are due later: time
     * advances to each of them.
     */
    public suspend fun drain(): RunReport = worker.run(options.with { mode = RunMode.DRAIN })

    /** Returns the jobs that are held as failed, with their failures. */
    public suspend fun heldJobs(): List<HeldJob> = queue.heldJobs(limit = Int.MAX_VALUE)

    /** Returns the last status of the job [id], or null if it never had one. */
    public suspend fun statusOf(id: JobId): JobStatus? = backend.insights.lastStatuses(listOf(id))[id]

    /**
     * Returns the last failure of the job [id], even if it was retried after it. Returns null if the job never failed.
     */
    public suspend fun failureOf(id: JobId): FailureRecord? =
        backend.insights.log(id).mapNotNull { it.failure }.lastOrNull()

    /**
     * Asserts that exactly the jobs of [type] with [values] were enqueued so far, in this order.
     *
     * @throws AssertionError if not. The message lists what was enqueued.
     */
    public fun <T> assertEnqueued(type: JobType<T>, vararg values: T) {
        val actual = enqueued(type)
        if (actual != values.asList()) {
            throw AssertionError("expected of '${type.entrypoint}' to be enqueued: ${values.asList()}, was: $actual")
        }
    }

    /**
     * Asserts that nothing was enqueued so far, or nothing for [entrypoint].
     *
     * @throws AssertionError if something was.
     */
    public fun assertNothingEnqueued(entrypoint: String? = null) {
        val actual = if (entrypoint == null) enqueued else enqueued(entrypoint)
        if (actual.isNotEmpty()) throw AssertionError("expected nothing to be enqueued, was: $actual")
    }

    /**
     * Asserts that no job ended as failed and none is held. A job that succeeded after a retry is fine.
     *
     * @throws AssertionError if a job failed, with its stack trace.
     */
    public suspend fun assertNoFailures() {
        for (job in enqueued) {
            if (statusOf(job.id) !in HELD) continue
            val failure = failureOf(job.id)
            throw AssertionError("job ${job.id} of entrypoint '${job.entrypoint}' failed: ${failure?.stackTrace}")
        }
    }

    private companion object {
        val HELD = setOf(JobStatus.EXCEPTION, JobStatus.HELD)
    }
}
