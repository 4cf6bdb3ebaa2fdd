package io.pgqueuer.java;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One schedule as the store holds it: a name and the cron expression by which its handler runs.
 *
 * @param id its id.
 * @param name the name that its handler is registered under.
 * @param expression the cron expression, normalised.
 * @param status {@link JobStatus#QUEUED} while it waits for its time, {@link JobStatus#PICKED} while a worker runs it.
 * @param nextRun the moment, by the store's clock, from which it may be claimed next.
 * @param lastRun when its last run ended; null before the first.
 * @param created when it was first registered.
 * @param updated when it was last changed.
 * @param heartbeat when the lease on it was last renewed; meaningful while it is picked.
 * @param leaseEpoch the epoch of its last lease, which grows with each claim; 0 before the first.
 */
public record Schedule(
        long id,
        String name,
        String expression,
        JobStatus status,
        Instant nextRun,
        @Nullable Instant lastRun,
        Instant created,
        Instant updated,
        Instant heartbeat,
        long leaseEpoch) {}
