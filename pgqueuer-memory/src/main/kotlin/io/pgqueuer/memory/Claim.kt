package io.pgqueuer.memory

import io.pgqueuer.FailureRecord
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.PoisonJobException
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.HeldByClaim
import io.pgqueuer.port.TableOperation
import io.pgqueuer.port.Waiting
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import java.util.PriorityQueue
import java.util.TreeSet
import kotlin.time.Duration

/** One claim. It merges the heads of the queues that it may claim from, so that each job costs O(log n). */
internal class Claim(private val transaction: Transaction, private val request: ClaimRequest) {
    private val table = transaction.table
    private val now = transaction.now
    private val cutoff = now - request.leaseTimeout

    /** Jobs that were canceled while a worker ran them that is dead now. They are leased to record their end. */
    private val canceled = mutableListOf<Row>()
    private val held = mutableListOf<HeldByClaim>()
    private val pauses = request.targets.flatMap { transaction.pauses.of(it.entrypoint, now) }
    private val lanes = request.targets.filter { transaction.pauses.of(it.entrypoint, now).isEmpty() }
        .associate { table.lane(it.entrypoint) to it.options.concurrencyLimit }

    init {
        lanes.keys.forEach { it.advance(now) }
    }

    /** @param settled the outcomes that were written in the same step. */
    fun run(settled: Set<Lease> = emptySet()): ClaimBatch = lease(settled).also {
        if (canceled.isNotEmpty()) transaction.changed(TableOperation.DELETE)
        canceled.forEach { table.delete(it, JobStatus.CANCELED, now) }
    }

    private fun lease(settled: Set<Lease>): ClaimBatch {
        val sources = PriorityQueue<Source>(compareBy(table.claimOrder) { it.rows.first() })
        // Take jobs over before counting slots: a held job frees its slot, and a job that is taken over keeps it.
        if (request.takeOver) sources.offerIfOpen(Source(takeOverOrHold(), slots = Int.MAX_VALUE))
        lanes.forEach { (lane, limit) ->
            sources.offerIfOpen(Source(lane.ready, slots = if (limit == null) Int.MAX_VALUE else limit - lane.picked))
        }
        val claimed = ArrayList<ClaimedJob>(minOf(request.limit, table.rows.size))
        var bytes = 0L
        while (claimed.size + canceled.size < request.limit) {
            val source = sources.poll() ?: return batch(claimed, settled) { waiting() }
            bytes += source.rows.first().payloadBytes
            if (claimed.size + canceled.size > 0 && bytes > request.maxPayloadBytes) break
            val row = source.take()
            val deaths = if (row.status == JobStatus.PICKED) deaths(row) else row.rescues
            val isLimited = lanes[table.lane(row.entrypoint)] != null
            val lease = table.pick(row, request.worker, deaths, isLimited, now)
            if (row.cancelRequestedAt == null) claimed += ClaimedJob(row.toJob(), lease) else canceled += row
            sources.offerIfOpen(source)
        }
        return batch(claimed, settled) { Waiting.Unknown }
    }

    private fun batch(claimed: List<ClaimedJob>, settled: Set<Lease>, waiting: () -> Waiting) =
        ClaimBatch(claimed, if (request.tellsWaiting) waiting() else Waiting.Untold, held, settled)

    /** How often in a row the lease of [row] has expired, including this time. */
    private fun deaths(row: Row) = if (row.heartbeat - row.updated >= request.leaseTimeout * LONG_RUN) {
        1
    } else {
        row.rescues + 1
    }

    /** Holds the poison jobs among those whose lease has expired, and returns the others. */
    private fun takeOverOrHold(): TreeSet<Row> {
        val expired = lanes.keys.flatMap { it.expired(cutoff) }
        val (poison, rescued) = expired.partition {
            it.cancelRequestedAt == null && deaths(it) >= request.maxRescues
        }
        if (poison.isNotEmpty()) transaction.changed(TableOperation.UPDATE)
        for (row in poison) {
            val deaths = deaths(row)
            table.hold(row, poisonRecord(row, deaths), now)
            held += HeldByClaim(row.id, row.entrypoint)
        }
        return rescued.toCollection(TreeSet(table.claimOrder))
    }

    private fun poisonRecord(row: Row, deaths: Int): FailureRecord {
        val failure = PoisonJobException(
            "job ${row.id} of entrypoint '${row.entrypoint}' is held: its lease expired $deaths times " +
                "(maxRescues ${request.maxRescues}); find what kills its workers, then requeue it",
        )
        return FailureRecord(
            jobId = row.id.value,
            timestamp = now,
            type = PoisonJobException::class.java.name,
            message = failure.message.orEmpty(),
            stackTrace = "",
            context = buildJsonObject {
                put("entrypoint", row.entrypoint)
                put("queue_manager_id", row.worker.toString())
            },
        )
    }

    /** What waits now. */
    fun waiting(): Waiting.Seen {
        val wakeUps = lanes.keys.flatMap { lane ->
            listOfNotNull(
                lane.deferred.firstOrNull()?.runAt,
                lane.oldestHeartbeatOfOthers(request.worker, cutoff)?.plus(request.leaseTimeout),
            )
        }
        val resumptions = pauses.mapNotNull { it.until }
        val ready = lanes.keys.any { it.ready.isNotEmpty() }
        return Waiting.Seen(
            due = ready || lanes.keys.any { it.expired(cutoff).isNotEmpty() },
            queued = ready || lanes.keys.any { it.deferred.isNotEmpty() },
            nextDue = (wakeUps + resumptions).minOrNull()?.let { (it - now).coerceAtLeast(Duration.ZERO) },
        )
    }

    private fun PriorityQueue<Source>.offerIfOpen(source: Source) {
        if (source.slots > 0 && source.rows.isNotEmpty()) offer(source)
    }

    private class Source(val rows: TreeSet<Row>, var slots: Int) {
        fun take(): Row {
            slots--
            return rows.pollFirst()!!
        }
    }

    private companion object {
        /**
         * If a run renewed its lease for at least this many lease timeouts before it died, earlier rescues do not
         * count: only consecutive deaths do. It is ten, because a job that kills its worker may do so only after some
         * renewals, and must still be detected.
         */
        const val LONG_RUN = 10
    }
}
