package io.pgqueuer.port

import io.pgqueuer.JobId
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.WorkerId
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * The content of a notification. A notification is only a hint: it may be lost, late or doubled, and all work is still
 * done.
 *
 * @property sentAt when it was sent, by the sender's clock.
 */
@PgQueuerSpi
public sealed interface QueueEvent {
    public val sentAt: Instant

    /** Rows of the queue changed. The [operation] tells whether a job may have become runnable. */
    public data class TableChanged(
        val operation: TableOperation,
        override val sentAt: Instant,
    ) : QueueEvent

    /**
     * The [worker] claimed and left no job due. Its claim began after it had received the change [after]. Workers of the
     * same [kind] that have received no later change need not claim before [nextDue] is over.
     *
     * Only workers of the same queue receive it.
     *
     * @property after the [Signal.Received.id] of the last [TableChanged], other than of a deletion, that the worker had
     * received.
     * @property kind equal for workers that serve the same entrypoints and take over jobs after the same time.
     * @property found whether it leased jobs.
     * @property nextDue how long until the next job may be due, or until a lease expires if it is not renewed; null if
     * there is neither.
     */
    public data class NothingDue(
        val after: String,
        val kind: UUID,
        val worker: WorkerId,
        val found: Boolean,
        val nextDue: Duration?,
        override val sentAt: Instant,
    ) : QueueEvent

    /**
     * The jobs [ids] were canceled. Workers that run them should stop them.
     *
     * @property isRecorded whether the store also knows of it, so that a worker can check the event. Python PgQueuer
     * from 2.0 on records nothing when it cancels a running job: the event is all there is.
     */
    public data class JobsCanceled(
        val ids: List<JobId>,
        override val sentAt: Instant,
        val isRecorded: Boolean,
    ) : QueueEvent

    /** Schedules became due before their time, for example by a release. */
    public data class SchedulesChanged(
        override val sentAt: Instant,
    ) : QueueEvent

    /** Something was paused or resumed. Jobs may have become claimable. */
    public data class PausesChanged(
        override val sentAt: Instant,
    ) : QueueEvent

    /** A round trip that proves that notifications arrive. */
    public data class HealthCheck(
        val id: UUID,
        override val sentAt: Instant,
    ) : QueueEvent
}

/** The kind of change that a [QueueEvent.TableChanged] reports. */
@PgQueuerSpi
public enum class TableOperation {
    INSERT,
    UPDATE,
    DELETE,
    TRUNCATE,
}
