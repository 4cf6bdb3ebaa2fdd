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
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.TableOperation

internal class MemoryJobs(private val store: MemoryDatabase) : JobRepository {
    override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> = store.transaction {
        if (onConflict == OnConflict.RAISE) requireFree(jobs.mapNotNull(NewJob::dedupeKey))
        val ids = jobs.map { job -> if (job.dedupeKey?.let(table::isTaken) == true) null else table.insert(job, now) }
        if (ids.any { it != null }) changed(TableOperation.INSERT)
        ids
    }

    override suspend fun claim(request: ClaimRequest): ClaimBatch = store.transaction { Claim(this, request).run() }

    override suspend fun renew(leases: Collection<Lease>): Set<Lease> = store.transaction {
        leases.filterTo(linkedSetOf()) { lease -> table[lease]?.let { table.renew(it, now) } != null }
    }

    override suspend fun settle(settlements: List<Settlement>): Set<Lease> = store.transaction {
        val operations = linkedSetOf<TableOperation>()
        val written = settlements.mapNotNullTo(linkedSetOf()) { (lease, outcome) ->
            table[lease]?.let { row ->
                operations += settle(row, outcome)
                lease
            }
        }
        operations.forEach(::changed)
        written
    }

    override suspend fun cancel(ids: Collection<JobId>): Set<JobId> = store.transaction {
        val rows = ids.toSet().mapNotNull { table[it] }.filter { it.isActive }
        rows.forEach { table.delete(it, JobStatus.CANCELED, now) }
        val canceled = rows.mapTo(linkedSetOf()) { it.id }
        if (canceled.isNotEmpty()) {
            changed(TableOperation.DELETE)
            canceled(canceled)
        }
        canceled
    }

    override suspend fun requeue(ids: Collection<JobId>): Set<JobId> = store.transaction {
        val rows = ids.toSet().mapNotNull { table[it] }.filter { it.status == JobStatus.HELD }
        requireFree(rows.mapNotNull { it.dedupeKey })
        rows.forEach { table.requeue(it, now) }
        if (rows.isNotEmpty()) changed(TableOperation.UPDATE)
        rows.mapTo(linkedSetOf()) { it.id }
    }

    override suspend fun clear(entrypoint: String): Long = store.transaction {
        val rows = table.rows.filter { it.entrypoint == entrypoint }
        rows.forEach { table.delete(it, JobStatus.DELETED, now) }
        if (rows.isNotEmpty()) changed(TableOperation.DELETE)
        rows.size.toLong()
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
            table.hold(row, outcome.record, deaths = 0, now)
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
    }

    private fun Transaction.requireFree(keys: List<String>) {
        val seen = HashSet<String>()
        val taken = keys.filterTo(linkedSetOf()) { table.isTaken(it) || !seen.add(it) }
        if (taken.isNotEmpty()) throw DuplicateJobException(taken.toList())
    }
}
