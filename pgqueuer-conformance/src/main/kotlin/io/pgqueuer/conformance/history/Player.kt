package io.pgqueuer.conformance.history

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.PauseOptions
import io.pgqueuer.conformance.AdapterHarness
import io.pgqueuer.conformance.failure
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.PauseRepository
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlin.math.ceil
import kotlin.time.Duration
import kotlin.time.DurationUnit

/**
 * Plays a history on one store and describes the visible state. Equal behaviour gives equal text: jobs are named by the
 * order in which they were stored, not by their ids, and times by the minutes that are left.
 */
internal class Player(
    private val jobs: JobRepository,
    private val pauses: PauseRepository,
    private val sight: Sight,
    private val advance: suspend (Duration) -> Unit,
) {
    private val ids = mutableListOf<JobId>()
    private val leases = mutableListOf<Lease>()
    private val gone = mutableSetOf<JobId>()

    suspend fun play(step: Step): String = when (step) {
        is Step.Enqueue -> try {
            val stored = jobs.enqueue(step.jobs, step.onConflict)
            ids += stored.filterNotNull()
            "enqueued ${stored.map { it?.name }}"
        } catch (duplicate: DuplicateJobException) {
            "refused ${duplicate.keys}"
        }

        is Step.Claim -> {
            val request = ClaimRequest(
                step.worker,
                step.targets,
                step.limit,
                HISTORY_LEASE,
                HISTORY_MAX_RESCUES,
                step.maxPayloadBytes,
                step.takeOver,
                step.tellsWaiting,
                settlements(step.ended),
            )
            val batch = jobs.claim(request)
            leases += batch.jobs.map { it.lease }
            tell(batch) + if (batch.waiting == Waiting.Untold) ", then ${tell(jobs.waiting(request))}" else ""
        }

        is Step.Settle -> {
            "settled ${jobs.settle(settlements(step.outcomes)).told()}"
        }

        is Step.Renew -> jobs.renew(step.leases.mapNotNull(leases::newest)).run {
            "renewed ${held.told()} canceled ${canceled.told()}"
        }

        is Step.Cancel -> "canceled ${jobs.cancel(step.jobs.mapNotNull(ids::newest)).names}"

        is Step.Requeue -> try {
            "requeued ${jobs.requeue(step.jobs.mapNotNull(ids::newest)).names}"
        } catch (duplicate: DuplicateJobException) {
            "refused ${duplicate.keys.sorted()}"
        }

        is Step.RunNow -> "due now ${jobs.runNow(step.jobs.mapNotNull(ids::newest)).names}"

        is Step.Dismiss -> "dismissed ${jobs.dismiss(step.jobs.mapNotNull(ids::newest)).names}"

        is Step.Clear -> "cleared ${jobs.clear(step.entrypoint)}"

        is Step.Pause -> "paused".also { pauses.pause(step.entrypoint, PauseOptions { duration = step.duration }) }

        is Step.Resume -> "resumed ${pauses.resume(step.entrypoint)}"

        is Step.Advance -> "advanced".also { advance(step.duration) }
    }

    /** If a batch had two outcomes for one lease, the contract would not say which one wins. */
    private fun settlements(outcomes: List<Pair<Int, Ending>>): List<Settlement> =
        outcomes.mapNotNull { (lease, ending) ->
            leases.newest(lease)?.let { Settlement(it, ending.outcome(it.jobId)) }
        }.distinctBy { it.lease }

    /** One line for each unfinished job, or for each job that ever existed. */
    suspend fun observe(ended: Boolean): List<String> = ids.filter { ended || it !in gone }.map { observe(it) } +
        "held: ${sight.held().names}" +
        "size: ${sight.sizes().sorted()}"

    private suspend fun observe(id: JobId): String {
        val log = sight.log(id).joinToString { entry ->
            entry.status.label + (entry.failure?.let { "(" + it.type.substringAfterLast('.') + ")" } ?: "")
        }
        val job = sight.job(id)
        if (job == null) gone += id
        val row = job?.run {
            "$entrypoint ${status.label} priority=$priority key=$dedupeKey attempts=$attempts rescues=$rescues " +
                "worker=$workerId epoch=${ordinal(id, leaseEpoch)} canceled=${cancelRequestedAt != null}"
        }
        return "${id.name}: $row; log: $log"
    }

    private fun tell(batch: ClaimBatch): String {
        val claimed = batch.jobs.map { "${it.job.id.name} epoch ${it.lease.ordinal} rescues ${it.job.rescues}" }
        return "settled ${batch.settled.told()} claimed $claimed waiting ${tell(batch.waiting)}"
    }

    private fun tell(waiting: Waiting) = when (waiting) {
        Waiting.Unknown -> "unknown"
        Waiting.Untold -> "untold"
        is Waiting.Seen -> "due=${waiting.due} queued=${waiting.queued} nextDue=${waiting.nextDue?.inMinutesUp()}"
    }

    private val Lease.ordinal get() = ordinal(jobId, epoch)

    /**
     * Which claim of the job [id] had this [epoch]; 0 if none. Epochs depend on the clock, so only their order is
     * shown.
     */
    private fun ordinal(id: JobId, epoch: Long): Int {
        val epochs = leases.filter { it.jobId == id }.map { it.epoch }
        check(epochs.zipWithNext().all { (one, next) -> one < next }) { "epochs of ${id.name} must grow, were $epochs" }
        return epochs.indexOf(epoch) + 1
    }

    private val JobId.name get() = "#${ids.indexOf(this)}"

    private val Collection<JobId>.names get() = sorted().map { it.name }

    private fun Set<Lease>.told() = sortedBy(leases::indexOf).map { "${it.jobId.name} epoch ${it.ordinal}" }

    companion object {
        suspend fun on(harness: AdapterHarness): Player {
            val backend = harness.backend()
            return Player(backend.store.jobs, backend.store.pauses, backend.insights.sight(), harness::advance)
        }
    }
}

private fun <T : Any> List<T>.newest(back: Int): T? = getOrNull(lastIndex - back)

private fun Duration.inMinutesUp() = ceil(toDouble(DurationUnit.MINUTES)).toInt()

private fun Ending.outcome(id: JobId): Outcome = when (status) {
    JobStatus.SUCCESSFUL -> Outcome.Succeeded
    JobStatus.EXCEPTION -> Outcome.Failed(failure(id))
    JobStatus.HELD -> Outcome.Held(failure(id))
    JobStatus.QUEUED -> retryAfter?.let { Outcome.Retried(it, failure(id)) } ?: Outcome.Released
    JobStatus.CANCELED -> Outcome.Canceled
    JobStatus.PICKED, JobStatus.DELETED -> error("no outcome ends a run as ${status.label}")
}
