package io.pgqueuer.port

import io.pgqueuer.JobId
import io.pgqueuer.PgQueuerSpi
import java.util.UUID
import kotlin.time.Instant

/**
 * What a notification says. A notification is a hint: it may be lost, late or doubled, and all work is still done.
 *
 * @property sentAt by the clock of the sender.
 */
@PgQueuerSpi
public sealed interface QueueEvent {
    public val sentAt: Instant

    /** Rows of the queue changed; [operation] tells whether something may have become runnable. */
    public data class TableChanged(
        val operation: TableOperation,
        override val sentAt: Instant,
    ) : QueueEvent

    /** The jobs [ids] were canceled; whoever runs them should stop. */
    public data class JobsCanceled(
        val ids: List<JobId>,
        override val sentAt: Instant,
    ) : QueueEvent

    /** Schedules became due out of turn, as by a release. */
    public data class SchedulesChanged(
        override val sentAt: Instant,
    ) : QueueEvent

    /** A round trip to prove that notifications arrive. */
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
