package io.pgqueuer.port

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.StoredJob

/**
 * The queue and its log in a store.
 *
 * Each operation takes effect as a whole or not at all, writes its log entries in the same step, and uses the store's
 * clock. Each throws [StoreUnavailableException] if the store cannot be reached.
 *
 * Each returns promptly if its caller is cancelled, whatever the store does: this is how the engine limits its waits. A
 * caller that is cancelled during an operation cannot know whether it took effect.
 */
@PgQueuerSpi
public interface JobRepository {
    /**
     * Stores [jobs] as queued, in order, and wakes idle workers.
     *
     * @return the new ids in the order of [jobs]; null for each job that [OnConflict.SKIP] left out, and the id of the
     * active job for each that [OnConflict.RAISE_PRIORITY] left out.
     * @throws DuplicateJobException with [OnConflict.RAISE], if a dedupe key is taken; nothing is stored.
     */
    public suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict = OnConflict.RAISE): List<JobId?>

    /**
     * Checks that the store can hold [entrypoints], the names that a worker is about to claim for.
     *
     * @throws IllegalArgumentException naming the first that it cannot.
     */
    public suspend fun requireStorable(entrypoints: Collection<String>) {}

    /**
     * Leases up to [ClaimRequest.limit] due jobs, by priority descending, then by id. Jobs whose lease has expired are
     * included, and each such takeover is counted in [StoredJob.rescues]. A job whose lease has expired
     * [ClaimRequest.maxRescues] times in a row is held instead. A job that somebody asked to cancel while it ran is
     * recorded as canceled instead, once its lease has expired. No entrypoint exceeds its concurrency limit, over all
     * workers.
     *
     * Before all that, writes the outcomes of [ClaimRequest.ended], as [settle] does. Either they are written and the jobs
     * are leased, or nothing happens.
     */
    public suspend fun claim(request: ClaimRequest): ClaimBatch

    /** Tells what waits for a claim like [request], as if it had just taken all that it could. Changes nothing. */
    public suspend fun waiting(request: ClaimRequest): Waiting.Seen

    /** Renews [leases] in one step, and tells which of them are held. The others are lost. */
    public suspend fun renew(leases: Collection<Lease>): Renewal

    /**
     * Writes [settlements], each fenced by its lease, in one step. A job that somebody asked to cancel is recorded as
     * canceled, whatever its outcome.
     *
     * @return the leases whose outcome was written. The others are lost, and nothing was written for them, or their job
     * was recorded as canceled instead.
     */
    public suspend fun settle(settlements: List<Settlement>): Set<Lease>

    /**
     * Cancels jobs. Those of [ids] that are queued are deleted and logged as `canceled`. Those that are picked are
     * marked, and their workers are notified: a picked job keeps its row, slot and dedupe key until its run has ended.
     * Then it is recorded as canceled by the [settle] of its worker, or by a [claim] after its lease has expired.
     *
     * @return the jobs that this call canceled or marked.
     */
    public suspend fun cancel(ids: Collection<JobId>): Set<JobId>

    /**
     * Queues those of [ids] that are held, due now, with attempts and rescues at 0, and returns them.
     *
     * @throws DuplicateJobException if an active job has the dedupe key of one of them, or if two of them have the
     * same; nothing is changed.
     */
    public suspend fun requeue(ids: Collection<JobId>): Set<JobId>

    /** Makes those of [ids] due now that are queued and not yet due, wakes idle workers, and returns them. Logs nothing. */
    public suspend fun runNow(ids: Collection<JobId>): Set<JobId>

    /** Deletes those of [ids] that are held, logs them as `deleted`, and returns them. */
    public suspend fun dismiss(ids: Collection<JobId>): Set<JobId>

    /**
     * Deletes every job of [entrypoint], whatever its status, and logs each as `deleted`.
     *
     * @return how many were deleted.
     */
    public suspend fun clear(entrypoint: String): Long
}

/**
 * What a renewal found.
 *
 * @property held the leases that are live, and were renewed.
 * @property canceled those of [held] whose job somebody asked to cancel.
 */
@PgQueuerSpi
public class Renewal(
    public val held: Set<Lease>,
    public val canceled: Set<Lease> = emptySet(),
)

/**
 * The jobs that a claim leased, and what it saw of the others.
 *
 * @property held jobs that it held instead.
 * @property settled those of [ClaimRequest.ended] whose outcome was written; see [JobRepository.settle].
 */
@PgQueuerSpi
public class ClaimBatch(
    public val jobs: List<ClaimedJob>,
    public val waiting: Waiting,
    public val held: List<HeldByClaim> = emptyList(),
    public val settled: Set<Lease> = emptySet(),
)

/** A job that a claim held instead of leasing it: its lease had expired too often, or it cannot be read. */
@PgQueuerSpi
public class HeldByClaim(
    public val id: JobId,
    public val entrypoint: String,
)
