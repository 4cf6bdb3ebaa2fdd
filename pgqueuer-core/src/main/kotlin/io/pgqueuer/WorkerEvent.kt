package io.pgqueuer

import kotlin.time.Duration

/**
 * Something that a worker did or noticed. [WorkerBuilder.observe] and [BackendOptions.observe] pass events on.
 *
 * Any release may add new kinds of events: use `else` in a `when`.
 */
public sealed interface WorkerEvent {
    /** The worker that sent the event. */
    public val worker: WorkerId

    /**
     * A run of the worker starts. It is the first event of the run.
     *
     * @property maxConcurrentTasks the most handlers that run at once in this worker.
     */
    public class WorkerStarted internal constructor(
        override val worker: WorkerId,
        public val maxConcurrentTasks: Int,
        private val readActiveJobs: () -> Int,
    ) : WorkerEvent {
        /**
         * How many jobs the worker holds at this moment: those that run, and those that wait for a slot. It changes while
         * the worker runs, so that a gauge can read it.
         */
        public val activeJobs: Int get() = readActiveJobs()
    }

    /** The run of the worker has ended. It is the last event of the run, and is never dropped. */
    public class WorkerStopped internal constructor(
        override val worker: WorkerId,
    ) : WorkerEvent

    /**
     * The run of the worker failed, because of [cause]. The worker starts again after [restartIn]. Sent only with
     * [RunOptions.restartOnFailure], after [WorkerStopped] if the run had begun.
     */
    public class RunFailed internal constructor(
        override val worker: WorkerId,
        public val cause: Exception,
        public val restartIn: Duration,
    ) : WorkerEvent

    /**
     * The worker claimed [jobs] and will start them in this order. Jobs with [StoredJob.rescues] above 0 were taken
     * over from a worker that died or hangs.
     */
    public class JobsClaimed internal constructor(
        override val worker: WorkerId,
        public val jobs: List<StoredJob>,
    ) : WorkerEvent

    /**
     * A claim of the worker held the job [jobId] instead of running it: its lease had expired
     * [maxRescues][RunOptions.maxRescues] times, or its row cannot be read. Its failure record says why.
     */
    public class JobHeldByClaim internal constructor(
        override val worker: WorkerId,
        public val jobId: JobId,
        public val entrypoint: String,
    ) : WorkerEvent

    /** The handler of [job] starts. */
    public class JobStarted internal constructor(
        override val worker: WorkerId,
        public val job: StoredJob,
    ) : WorkerEvent

    /**
     * A run of [job] has ended with [outcome], and the store has confirmed it. Sent once for each claimed job.
     *
     * @property ran how long the handler ran; zero if it was not started.
     */
    public class JobEnded internal constructor(
        override val worker: WorkerId,
        public val job: StoredJob,
        public val outcome: JobOutcome,
        public val ran: Duration,
    ) : WorkerEvent

    /** The handler of [schedule] starts. */
    public class ScheduleStarted internal constructor(
        override val worker: WorkerId,
        public val schedule: Schedule,
    ) : WorkerEvent

    /** A run of [schedule] has ended with [outcome], and the store has confirmed it. */
    public class ScheduleEnded internal constructor(
        override val worker: WorkerId,
        public val schedule: Schedule,
        public val outcome: ScheduleOutcome,
        public val ran: Duration,
    ) : WorkerEvent

    /** The store failed to do [operation], because of [cause]. The worker tries again after [retryIn]. */
    public class StoreFailed internal constructor(
        override val worker: WorkerId,
        public val operation: StoreOperation,
        public val cause: Throwable,
        public val retryIn: Duration,
    ) : WorkerEvent

    /** Notifications no longer arrive, because of [cause]. The worker reconnects, and polls until then. */
    public class ListenerLost internal constructor(
        override val worker: WorkerId,
        public val cause: Throwable,
    ) : WorkerEvent

    /** Notifications arrive again, or for the first time. */
    public class ListenerReady internal constructor(
        override val worker: WorkerId,
    ) : WorkerEvent

    /** The observer was too slow and missed [count] events before the next one. */
    public class EventsDropped internal constructor(
        override val worker: WorkerId,
        public val count: Long,
    ) : WorkerEvent
}

/** How a run of a job ended. */
public sealed interface JobOutcome {
    /** It succeeded. */
    public data object Succeeded : JobOutcome

    /** It failed, and the job runs again after [delay]. */
    public class Retried internal constructor(
        public val delay: Duration,
        public val failure: FailureRecord,
        public val exception: Throwable?,
    ) : JobOutcome

    /** It failed for good, and the job was deleted. */
    public class Failed internal constructor(
        public val failure: FailureRecord,
        public val exception: Throwable?,
    ) : JobOutcome

    /** It failed for good, and the job is held. */
    public class Held internal constructor(
        public val failure: FailureRecord,
        public val exception: Throwable?,
    ) : JobOutcome

    /** The job was given back unfinished, for example because its worker stops. */
    public data object Released : JobOutcome

    /** The job was canceled from outside. */
    public data object Canceled : JobOutcome

    /** The lease was lost: another worker may have the job, and nothing was written for this run. */
    public data object LeaseLost : JobOutcome
}

/** The failure of a job that failed for good, null for every other outcome. */
internal val JobOutcome.finalFailure: FailureRecord?
    get() = when (this) {
        is JobOutcome.Failed -> failure
        is JobOutcome.Held -> failure
        else -> null
    }

/** How a run of a schedule ended. */
public sealed interface ScheduleOutcome {
    /** It succeeded. */
    public data object Succeeded : ScheduleOutcome

    /** Its handler threw [exception]. The schedule waits for its next time. */
    public class Failed internal constructor(
        public val exception: Throwable,
    ) : ScheduleOutcome

    /** It was given back unfinished, for example because its worker stops. */
    public data object Released : ScheduleOutcome

    /** The lease was lost: another worker may have the run, and nothing was written for this one. */
    public data object LeaseLost : ScheduleOutcome
}

/** The operations that a worker repeatedly calls on its store. */
public enum class StoreOperation {
    /** Claiming jobs. */
    CLAIM_JOBS,

    /** Renewing the leases of jobs. */
    RENEW_LEASES,

    /** Writing the outcomes of jobs. */
    SETTLE_JOBS,

    /** Claiming schedules that are due. */
    CLAIM_SCHEDULES,

    /** Renewing the lease of a schedule's run. */
    RENEW_SCHEDULE,

    /** Writing the end of a schedule's run. */
    SETTLE_SCHEDULE,
}

/**
 * Receives the events of workers, for metrics, tests and dashboards.
 *
 * Events are delivered in order, one at a time. The engine never waits for an observer: if more than 10,000 events
 * wait, further ones are dropped and counted ([WorkerEvent.EventsDropped]). The observer may block its thread. If it
 * throws, the exception is logged and changes nothing.
 *
 * Exceptions in events come from handlers: their methods may throw. [FailureRecord] has safe texts.
 */
public fun interface WorkerObserver {
    public fun onEvent(event: WorkerEvent)
}
