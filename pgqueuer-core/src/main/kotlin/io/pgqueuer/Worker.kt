package io.pgqueuer

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Runs the handlers of its entrypoints and schedules. Made by [Backend.worker]. Its registrations cannot be changed.
 *
 * Delivery is at-least-once: a job runs again if its worker dies or loses its lease before the outcome is written.
 */
public interface Worker {
    /** The backend that it works on. */
    public val backend: Backend

    /**
     * Runs the worker. Suspends until [shutdown] is called, the caller is cancelled, or, with [RunMode.DRAIN], nothing
     * is left to do.
     *
     * After [shutdown], handlers may run on for [RunOptions.shutdownTimeout]. Those that have not ended by then are
     * cancelled and their jobs given back. If the caller is cancelled, that happens at once. In both cases all outcomes
     * are written before this function returns.
     *
     * With [RunOptions.restartOnFailure], the worker starts again when its run fails, and the report is that of all its
     * runs. A [shutdown] while it waits to start again ends the wait, and throws the last failure. If the caller is
     * cancelled meanwhile, the cancellation is thrown.
     *
     * It returns within [RunOptions.shutdownTimeout] and 15 s more, whatever the store and the handlers do. Outcomes
     * that could not be written by then are logged; those jobs run again when their lease expires.
     *
     * @throws SchemaException if the store is not prepared.
     * @throws StoreUnavailableException if the store cannot be reached at the start; later failures are retried.
     * @throws StoreClosedException if the backend is closed, before or during the run.
     * @throws IllegalStateException if this worker runs already.
     * @throws WorkerFailedException if a part of it failed beyond repair; see the cause.
     */
    public suspend fun run(options: RunOptions = RunOptions.DEFAULT): RunReport

    /**
     * Runs the worker with options that [configure] sets: `worker.run { mode = RunMode.DRAIN }`.
     *
     * @throws IllegalArgumentException if an option is out of its bounds; nothing is run.
     */
    public suspend fun run(configure: RunOptions.() -> Unit): RunReport = run(RunOptions(configure))

    /**
     * Asks the worker to stop, and returns at once. A second call skips the wait for handlers.
     *
     * If the worker does not run, the request is remembered: its next run returns at once. Can be called from any
     * thread, also from a signal handler.
     */
    public fun shutdown()

    /**
     * Sends a notification and returns whether this worker's own listener receives it within [timeout] (default 5 s).
     * For a health check.
     *
     * Returns false if this worker does not run, if the store cannot be reached, or if its last claim or renewal of
     * leases failed or is overdue. A worker whose notifications fail still works, by polling. If it does not
     * [listen][RunOptions.listen], only its claims and renewals count.
     *
     * @throws IllegalArgumentException if [timeout] is not positive.
     */
    public suspend fun listenerHealthy(timeout: Duration = 5.seconds): Boolean
}

/**
 * What a worker did in one run. Each number counts only what the store has confirmed.
 *
 * @property succeeded jobs whose handler succeeded.
 * @property failed jobs that failed for good and were deleted.
 * @property held jobs that failed for good and are held.
 * @property retried runs that failed and whose job was queued again.
 * @property released runs that were given back unfinished.
 * @property canceled running jobs that were canceled from outside.
 * @property leasesLost runs whose outcome was refused because the lease was gone.
 * @property schedulesRun runs of schedules that succeeded.
 * @property schedulesFailed runs of schedules whose handler threw.
 */
public class RunReport internal constructor(
    public val succeeded: Long,
    public val failed: Long,
    public val held: Long,
    public val retried: Long,
    public val released: Long,
    public val canceled: Long,
    public val leasesLost: Long,
    public val schedulesRun: Long,
    public val schedulesFailed: Long,
) {
    /** Returns the sums of both, for several workers or runs. */
    public operator fun plus(other: RunReport): RunReport = RunReport(
        succeeded = succeeded + other.succeeded,
        failed = failed + other.failed,
        held = held + other.held,
        retried = retried + other.retried,
        released = released + other.released,
        canceled = canceled + other.canceled,
        leasesLost = leasesLost + other.leasesLost,
        schedulesRun = schedulesRun + other.schedulesRun,
        schedulesFailed = schedulesFailed + other.schedulesFailed,
    )

    override fun toString(): String = "RunReport(succeeded=$succeeded, failed=$failed, held=$held, retried=$retried, " +
        "released=$released, canceled=$canceled, leasesLost=$leasesLost, schedulesRun=$schedulesRun, " +
        "schedulesFailed=$schedulesFailed)"
}
