package io.pgqueuer.memory

import io.pgqueuer.domain.ClaimedJob
import io.pgqueuer.domain.FailureRecord
import io.pgqueuer.domain.PoisonJobException
import io.pgqueuer.domain.TableOperation
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.Waiting
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import java.util.PriorityQueue
import java.util.TreeSet
import kotlin.time.Duration

/** One claim: merges the heads of what it may take from, so that each job costs O(log n). */
internal class Claim(private val transaction: Transaction, private val request: ClaimRequest) {
    private val table = transaction.table
    private val now = transaction.now
    private val lanes = request.targets.associate { table.lane(it.entrypoint) to it.concurrencyLimit }

    fun run(): ClaimBatch {
        lanes.keys.forEach { it.advance(now) }
        val sources = PriorityQueue<Source>(compareBy(table.claimOrder) { it.rows.first() })
        // Takeovers come before the slots are counted: a held job gives its slot up, one taken over keeps it.
        sources.offerIfOpen(Source(takeOverOrHold(), slots = Int.MAX_VALUE))
        lanes.forEach { (lane, limit) ->
            sources.offerIfOpen(Source(lane.ready, slots = if (limit == 0) Int.MAX_VALUE else limit - lane.picked))
        }
        val claimed = ArrayList<ClaimedJob>(minOf(request.limit, table.rows.size))
        while (claimed.size < request.limit) {
            val source = sources.poll() ?: break
            val row = source.take()
            val lease = table.pick(row, request.worker, now)
            claimed += ClaimedJob(row.toJob(), lease)
            sources.offerIfOpen(source)
        }
        return ClaimBatch(claimed, if (claimed.size == request.limit) Waiting.Unknown else waiting())
    }

    /** Holds the poison jobs among those whose lease has expired, and returns the others. */
    private fun takeOverOrHold(): TreeSet<Row> {
        val expired = lanes.keys.flatMap { it.expired(now - request.leaseTimeout) }
        val (poison, rescued) = expired.partition { it.rescues + 1 >= request.maxRescues }
        if (poison.isNotEmpty()) transaction.changed(TableOperation.UPDATE)
        for (row in poison) {
            row.rescues++
            table.hold(row, poisonRecord(row), now)
        }
        return rescued.toCollection(TreeSet(table.claimOrder))
    }

    private fun poisonRecord(row: Row): FailureRecord {
        val failure = PoisonJobException(
            "job ${row.id} of entrypoint '${row.entrypoint}' is held: its lease expired ${row.rescues} times " +
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

    private fun waiting(): Waiting.Seen {
        val wakeUps = lanes.keys.flatMap { lane ->
            listOfNotNull(
                lane.deferred.firstOrNull()?.executeAfter,
                lane.oldestHeartbeatOfOthers(request.worker)?.plus(request.leaseTimeout),
            )
        }
        val due = lanes.keys.any { it.ready.isNotEmpty() }
        return Waiting.Seen(
            due = due,
            queued = due || lanes.keys.any { it.deferred.isNotEmpty() },
            nextDue = wakeUps.minOrNull()?.let { (it - now).coerceAtLeast(Duration.ZERO) },
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
}
