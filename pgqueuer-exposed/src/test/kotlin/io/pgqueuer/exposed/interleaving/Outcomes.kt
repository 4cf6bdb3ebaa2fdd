package io.pgqueuer.exposed.interleaving

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.WorkerId
import io.pgqueuer.conformance.ManualClock
import io.pgqueuer.memory.inMemoryBackend

/** An operation of a case, by the worker of this [number]. */
internal data class Numbered(
    val number: Int,
    val operation: Operation,
) {
    override fun toString() = "$number $operation"
}

/** @property isPastLocks whether it leaves out what others have locked. */
internal data class Step(
    val actor: Numbered,
    val isPastLocks: Boolean,
)

/**
 * A job in the queue, as a case sees it.
 *
 * @property slot null on a store without slots.
 */
internal class Seen(
    val id: JobId,
    val status: JobStatus,
    val worker: WorkerId?,
    val epoch: Long,
    val attempts: Int,
    val rescues: Int,
    val isCanceled: Boolean,
    val isDue: Boolean,
    val isExpired: Boolean,
    val slot: Long? = null,
)

/** A row of the log. */
internal class Logged(
    val id: JobId,
    val status: JobStatus,
    val failure: String?,
)

/** What remains when all operations of a case have ended; equal on all stores if they did the same. */
internal fun outcome(
    prepared: Preparation,
    replies: Map<Numbered, Reply>,
    jobs: List<Seen>,
    log: List<Logged>,
): String = with(Ordinals(prepared.ids + replies.values.flatMap { it.ids }, prepared.leases + replies.leases())) {
    val lines = replies.toSortedMap(compareBy { it.number }).map { (actor, reply) -> "$actor: ${reply.tell(this)}" } +
        jobs.sortedBy { it.id }.map { job ->
            "${of(job.id)} ${job.status} ${job.worker?.let(::of)} epoch ${of(job.id, job.epoch)} " +
                "attempts ${job.attempts} rescues ${job.rescues}" +
                (if (job.isCanceled) " canceled" else "") + (if (job.isDue) " due" else "") +
                (if (job.isExpired) " expired" else "")
        } +
        log.groupBy { it.id }.toSortedMap().map { (id, rows) ->
            "log of ${of(id)}: " +
                rows.joinToString { it.status.label + it.failure?.let { type -> " ($type)" }.orEmpty() }
        }
    lines.joinToString("\n")
}

private fun Map<Numbered, Reply>.leases() = values.flatMap { it.leases }

/** The outcomes of operations that run one after the other, from the store in memory. */
internal class SequentialOutcomes {
    private val clock = ManualClock()
    private val backend = inMemoryBackend(clock)
    private val known = HashMap<Pair<Start, List<Step>>, String>()

    suspend fun of(start: Start, steps: List<Step>): String = known.getOrPut(start to steps) { play(start, steps) }

    private suspend fun play(start: Start, steps: List<Step>): String {
        backend.reset()
        val prepared = start.prepare(backend) { clock.advance(it) }
        val stage = prepared.stage()
        val replies = steps.associate { (actor, isPastLocks) ->
            val past = actor.operation.pastLocks.takeIf { isPastLocks }
            actor to if (past != null) stage.past() else actor.operation.run(stage, worker(actor.number))
        }
        val ids = prepared.ids + replies.values.flatMap { it.ids }
        val log = ids.flatMap { backend.insights.log(it) }.map { Logged(it.jobId, it.status, it.failure?.type) }
        return outcome(prepared, replies, ids.mapNotNull { see(it) }, log)
    }

    private suspend fun see(id: JobId): Seen? = backend.insights.job(id)?.run {
        Seen(
            id,
            status,
            workerId,
            leaseEpoch,
            attempts,
            rescues,
            isCanceled = cancelRequestedAt != null,
            isDue = runAt <= clock.now(),
            isExpired = status == JobStatus.PICKED && heartbeat <= clock.now() - LEASE,
        )
    }
}
