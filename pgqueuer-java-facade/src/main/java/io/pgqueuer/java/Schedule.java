package io.pgqueuer.java;

import java.time.Instant;
import java.util.Optional;

/**
 * One schedule as the store holds it: a name, and the cron expression that tells when its handler runs.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Schedule {
    /** Its id. */
    long id();

    /** The name under which its handler is registered. */
    String name();

    /** The cron expression, normalised. */
    String expression();

    /**
     * The name of the time zone in which the expression is evaluated, such as {@code UTC} or {@code Europe/Berlin}: that of
     * the worker that registered the schedule last. {@code UTC} if only Python workers registered it.
     */
    String zone();

    /** {@link JobStatus#QUEUED} while it waits for its time, {@link JobStatus#PICKED} while a worker runs it. */
    JobStatus status();

    /** Since when it is paused; empty if it is not. See {@link Schedules#pause}. */
    Optional<Instant> pausedSince();

    /** The moment, by the store's clock, from which it may be claimed next; empty while it is paused. */
    Optional<Instant> nextRun();

    /** When its last run ended; empty before that. */
    Optional<Instant> lastRun();

    /** When it was first registered. */
    Instant created();

    /** When it was last changed. */
    Instant updated();

    /** When its lease was last renewed; meaningful while its status is {@link JobStatus#PICKED}. */
    Instant heartbeat();

    /** The epoch of its last lease, which grows with each run; 0 before the first run. */
    long leaseEpoch();

    /**
     * Returns the first time after {@code instant} at which the stored expression is due in the stored zone, whether or not
     * the schedule is paused. Returns empty if this library cannot read the expression, which Python may have stored, or
     * does not know the zone.
     */
    Optional<Instant> nextAfter(Instant instant);
}
