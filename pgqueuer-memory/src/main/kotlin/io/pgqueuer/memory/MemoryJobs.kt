package io.pgqueuer.memory

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.TableOperation
import io.pgqueuer.port.Waiting

internal class MemoryJobs(private val store: MemoryDatabase) : JobRepository {
    override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> = store.transaction {
        insertAll(jobs, onConflict)
    }

    override suspend fun claim(request: ClaimRequest): ClaimBatch = store.transaction {
        val settled = settleAll(request.ended)
        Claim(this, request).run(settled)
    }

    override suspend fun waiting(request: ClaimRequest): Waiting.Seen = store.transaction {
        Claim(this, request).waiting()
    }

    override suspend fun renew(leases: Collection<Lease>): Renewal = store.transaction {
        val held = leases.filterTo(linkedSetOf()) { lease -> table[lease]?.let { table.renew(it, now) } != null }
        Renewal(held, canceled = held.filterTo(linkedSetOf()) { table[it]?.cancelRequestedAt != null })
    }

    override suspend fun settle(settlements: List<Settlement>): Set<Lease> = store.transaction {
        settleAll(settlements)
    }

    override suspend fun cancel(ids: Collection<JobId>): Set<JobId> = store.transaction {
        val rows = ids.toSet().mapNotNull { table[it] }.filter { it.isActive && it.cancelRequestedAt == null }
        val (queued, running) = rows.partition { it.status == JobStatus.QUEUED }
        queued.forEach { table.delete(it, JobStatus.CANCELED, now) }
        running.forEach { it.cancelRequestedAt = now }
        if (queued.isNotEmpty()) changed(TableOperation.DELETE)
        rows.mapTo(linkedSetOf()) { it.id }.also { if (it.isNotEmpty()) canceled(it) }
    }

    override suspend fun requeue(ids: Collection<JobId>): Set<JobId> = store.transaction {
        val rows = held(ids)
        requireFree(rows.mapNotNull { it.dedupeKey })
        rows.forEach { table.requeue(it, now) }
        if (rows.isNotEmpty()) changed(TableOperation.UPDATE)
        rows.mapTo(linkedSetOf()) { it.id }
    }

    override suspend fun runNow(ids: Collection<JobId>): Set<JobId> = store.transaction {
        val rows = ids.toSet().mapNotNull { table[it] }.filter { it.status == JobStatus.QUEUED && it.runAt > now }
        rows.forEach { table.makeDue(it, now) }
        if (rows.isNotEmpty()) changed(TableOperation.UPDATE)
        rows.mapTo(linkedSetOf()) { it.id }
    }

    override suspend fun dismiss(ids: Collection<JobId>): Set<JobId> = store.transaction {
        val rows = held(ids)
        rows.forEach { table.delete(it, JobStatus.DELETED, now) }
        if (rows.isNotEmpty()) changed(TableOperation.DELETE)
        rows.mapTo(linkedSetOf()) { it.id }
    }

    override suspend fun clear(entrypoint: String): Long = store.transaction {
        val rows = table.rows.filter { it.entrypoint == entrypoint }
        rows.forEach { table.delete(it, JobStatus.DELETED, now) }
        if (rows.isNotEmpty()) changed(TableOperation.DELETE)
        rows.size.toLong()
    }

    private fun Transaction.settleAll(settlements: List<Settlement>): Set<Lease> {
        val operations = linkedSetOf<TableOperation>()
        val written = settlements.mapNotNullTo(linkedSetOf()) { (lease, outcome) ->
            table[lease]?.let { row ->
                val written = if (row.cancelRequestedAt == null) outcome else Outcome.Canceled
                operations += settle(row, written)
                lease.takeIf { written == outcome }
            }
        }
        operations.forEach(::changed)
        return written
    }

    private fun Transaction.settle(row: Row, outcome: Outcome): TableOperation = when (outcome) {
        Outcome.Succeeded -> {
            table.delete(row, JobStatus.SUCCESSFUL, now)
            TableOperation.DELETE
        }

        is Outcome.Failed -> {
            table.delete(row, JobStatus.EXCEPTION, now, outcome.record)
            TableOperation.DELETE
        }

        is Outcome.Held -> {
            table.hold(row, outcome.record, now)
            TableOperation.UPDATE
        }

        is Outcome.Retried -> {
            table.retry(row, outcome.delay, outcome.record, now)
            TableOperation.UPDATE
        }

        Outcome.Released -> {
            table.release(row, now)
            TableOperation.UPDATE
        }

        Outcome.Canceled -> {
            table.delete(row, JobStatus.CANCELED, now)
            TableOperation.DELETE
        }
    }

    private fun Transaction.held(ids: Collection<JobId>): List<Row> =
        ids.toSet().mapNotNull { table[it] }.filter { it.status == JobStatus.HELD }
}

/**
 * Stores [jobs]. If a dedupe key is taken, the id is null, or that of the active job if [onConflict] raises its
 * priority.
 */
internal fun Transaction.insertAll(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
    if (onConflict == OnConflict.RAISE) requireFree(jobs.mapNotNull(NewJob::dedupeKey))
    val ids = jobs.map { job ->
        val active = job.dedupeKey?.let(table::activeWith)
        when {
            active == null -> table.insert(job, now)
            onConflict == OnConflict.RAISE_PRIORITY -> active.also { table.raise(it, job.priority, now) }.id
            else -> null
        }
    }
    if (ids.any { it != null }) changed(TableOperation.INSERT)
    return ids
}

private fun Transaction.requireFree(keys: List<String>) {
    val seen = HashSet<String>()
    val taken = keys.filterTo(linkedSetOf()) { table.activeWith(it) != null || !seen.add(it) }
    if (taken.isNotEmpty()) throw DuplicateJobException(taken.toList())
}
