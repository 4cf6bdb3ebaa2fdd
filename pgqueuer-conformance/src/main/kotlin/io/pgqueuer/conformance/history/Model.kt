package io.pgqueuer.conformance.history

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.DELETED
import io.pgqueuer.JobStatus.EXCEPTION
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.Lease
import io.pgqueuer.LogEntry
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.PauseRepository
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * The queue as the contract describes it, with lists that are searched from end to end. It is slow, but short enough
 * that a reader can see that it is correct. An adapter must show the same behaviour.
 */
internal class Model : JobRepository, PauseRepository, Sight {
    private inner class Entry(val id: JobId, val job: NewJob, val created: Instant) {
        var status = QUEUED
        var dueAt = job.runAt?.coerceAtLeast(created) ?: (created + job.delay)
        var updated = created
        var heartbeat = created
        var worker: WorkerId? = null
        var epoch = 0L
        var attempts = 0
        var rescues = 0
        var isCancelRequested = false
        var priority = job.priority

        fun toJob() = StoredJob(
            id, job.entrypoint, status, priority, job.payload, job.headers, job.dedupeKey, attempts, rescues,
            created, updated, heartbeat, dueAt, worker, epoch,
            cancelRequestedAt = now.takeIf { isCancelRequested },
        )
    }

    private var now = Instant.fromEpochSeconds(0)
    private val entries = mutableListOf<Entry>()
    private val log = mutableListOf<LogEntry>()
    private val pauses = mutableListOf<Pause>()
    private var lastId = 0L

    fun advance(duration: Duration) {
        now += duration
    }

    override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
        fun activeWith(key: String) = entries.find { it.status in ACTIVE && it.job.dedupeKey == key }
        val taken = entries.filter { it.status in ACTIVE }.mapNotNullTo(HashSet()) { it.job.dedupeKey }
        val refused = jobs.mapNotNull { it.dedupeKey }.filter { !taken.add(it) }.distinct()
        if (onConflict == OnConflict.RAISE && refused.isNotEmpty()) throw DuplicateJobException(refused)
        return jobs.map { job ->
            val active = job.dedupeKey?.let(::activeWith)
            when {
                active == null -> Entry(JobId(++lastId), job, now).also {
                    entries += it
                    write(it, QUEUED)
                }

                onConflict == OnConflict.RAISE_PRIORITY ->
                    active.also { it.priority = maxOf(it.priority, job.priority) }

                else -> null
            }?.id
        }
    }

    override suspend fun claim(request: ClaimRequest): ClaimBatch {
        val settled = settle(request.ended)
        val leased = lease(request)
        val (canceled, jobs) = leased.jobs.partition { claimed ->
            entries.single { it.id == claimed.job.id }.isCancelRequested
        }
        settle(canceled.map { Settlement(it.lease, Outcome.Canceled) })
        val waiting = if (request.tellsWaiting) leased.waiting else Waiting.Untold
        return ClaimBatch(jobs, waiting, settled = settled)
    }

    override suspend fun waiting(request: ClaimRequest): Waiting.Seen {
        val served = served(request)
        val wakeUps = served.mapNotNull {
            when {
                it.status == QUEUED && !isDue(it) -> it.dueAt - now

                it.status == PICKED && it.worker != request.worker && !isExpired(it, request) ->
                    it.heartbeat + request.leaseTimeout - now

                else -> null
            }
        }
        return Waiting.Seen(
            due = served.any { isDue(it) || isExpired(it, request) },
            queued = served.any { it.status == QUEUED },
            nextDue = (wakeUps + pausing(request).mapNotNull { it.until?.minus(now) }).minOrNull(),
        )
    }

    private fun pausing(request: ClaimRequest) = pausing().filter {
        it.entrypoint == null || request.targets.any { target -> target.entrypoint == it.entrypoint }
    }

    private fun served(request: ClaimRequest): List<Entry> {
        val paused = pausing(request).map { it.entrypoint }.toSet()
        val open = request.targets.map { it.entrypoint } - paused
        return if (null in paused) emptyList() else entries.filter { it.job.entrypoint in open }
    }

    private fun isExpired(entry: Entry, request: ClaimRequest) =
        entry.status == PICKED && entry.heartbeat + request.leaseTimeout <= now

    private fun isDue(entry: Entry) = entry.status == QUEUED && entry.dueAt <= now

    private suspend fun lease(request: ClaimRequest): ClaimBatch {
        val limits = request.targets.associate { it.entrypoint to it.options.concurrencyLimit }
        val served = served(request)
        fun isExpired(entry: Entry) = isExpired(entry, request)
        fun deathsOf(entry: Entry) =
            if (entry.heartbeat - entry.updated >= request.leaseTimeout * 10) 1 else entry.rescues + 1

        val takenOver = served.filter { request.takeOver && isExpired(it) && !it.isCancelRequested }
        for (poison in takenOver.filter { deathsOf(it) >= request.maxRescues }) {
            hold(poison, FailureRecord(poison.id.value, now, "PoisonJobException", "", ""))
        }
        val slots = limits.mapValuesTo(HashMap()) { (entrypoint, limit) ->
            val running = served.count { it.job.entrypoint == entrypoint && it.status == PICKED }
            if (limit == null) Int.MAX_VALUE else limit - running
        }
        val claimed = mutableListOf<ClaimedJob>()
        var bytes = 0L
        for (entry in served.sortedWith(compareBy({ -it.priority }, { it.id }))) {
            if (claimed.size == request.limit) return ClaimBatch(claimed, Waiting.Unknown)
            val takesOver = request.takeOver && isExpired(entry)
            val starts = isDue(entry) && slots.getValue(entry.job.entrypoint) > 0
            if (!takesOver && !starts) continue
            bytes += entry.job.payload?.size ?: 0
            if (claimed.isNotEmpty() && bytes > request.maxPayloadBytes) return ClaimBatch(claimed, Waiting.Unknown)
            if (takesOver) entry.rescues = deathsOf(entry) else slots.merge(entry.job.entrypoint, -1, Int::plus)
            entry.change(PICKED, request.worker)
            entry.heartbeat = now
            entry.epoch++
            write(entry, PICKED)
            claimed += ClaimedJob(entry.toJob(), Lease(entry.id, request.worker, entry.epoch))
        }
        return ClaimBatch(claimed, if (claimed.size == request.limit) Waiting.Unknown else waiting(request))
    }

    override suspend fun renew(leases: Collection<Lease>): Renewal {
        val held = leases.filterTo(HashSet()) { lease -> under(lease)?.also { it.heartbeat = now } != null }
        return Renewal(held, held.filterTo(HashSet()) { under(it)?.isCancelRequested == true })
    }

    override suspend fun settle(settlements: List<Settlement>): Set<Lease> = settlements.filter { (lease, outcome) ->
        val entry = under(lease) ?: return@filter false
        val written = if (entry.isCancelRequested) Outcome.Canceled else outcome
        end(entry, written)
        written == outcome
    }.mapTo(HashSet()) { it.lease }

    override suspend fun cancel(ids: Collection<JobId>): Set<JobId> {
        val active = entries.filter { it.id in ids && it.status in ACTIVE && !it.isCancelRequested }
        for (entry in active) if (entry.status == PICKED) entry.isCancelRequested = true else delete(entry, CANCELED)
        return active.mapTo(HashSet()) { it.id }
    }

    override suspend fun requeue(ids: Collection<JobId>): Set<JobId> {
        val held = entries.filter { it.id in ids && it.status == HELD }
        val keys = (entries.filter { it.status in ACTIVE } + held).mapNotNull { it.job.dedupeKey }
        val taken = held.mapNotNull { it.job.dedupeKey }.distinct().filter { key -> keys.count { it == key } > 1 }
        if (taken.isNotEmpty()) throw DuplicateJobException(taken)
        for (entry in held) {
            entry.change(QUEUED, dueAt = now)
            entry.attempts = 0
            entry.rescues = 0
            write(entry, QUEUED)
        }
        return held.mapTo(HashSet()) { it.id }
    }

    override suspend fun runNow(ids: Collection<JobId>): Set<JobId> =
        entries.filter { it.id in ids && it.status == QUEUED && it.dueAt > now }
            .onEach { it.dueAt = now }
            .mapTo(HashSet()) { it.id }

    override suspend fun dismiss(ids: Collection<JobId>): Set<JobId> = entries.filter {
        it.id in ids && it.status == HELD
    }.onEach { delete(it, DELETED) }.mapTo(HashSet()) { it.id }

    override suspend fun clear(entrypoint: String): Long = entries
        .filter { it.job.entrypoint == entrypoint }
        .onEach { delete(it, DELETED) }
        .size.toLong()

    override suspend fun pause(entrypoint: String?, options: PauseOptions): Pause {
        val since = pausing().find { it.entrypoint == entrypoint }?.since ?: now
        pauses.removeIf { it.entrypoint == entrypoint }
        return Pause(entrypoint, since, options.endFrom(now), options.reason).also(pauses::add)
    }

    override suspend fun resume(entrypoint: String?): Boolean =
        pausing().any { it.entrypoint == entrypoint }.also { pauses.removeIf { it.entrypoint == entrypoint } }

    private fun pausing() = pauses.filter { pause -> pause.until.let { it == null || it > now } }

    override suspend fun held(): List<JobId> = entries.filter { it.status == HELD }.map { it.id }

    override suspend fun job(id: JobId): StoredJob? = entries.find { it.id == id }?.toJob()

    override suspend fun log(id: JobId): List<LogEntry> = log.filter { it.jobId == id }

    override suspend fun sizes(): List<String> = entries
        .groupBy { sizeOf(it.job.entrypoint, it.status, it.priority) }
        .map { (group, jobs) -> "$group: ${jobs.size}" }

    private fun end(entry: Entry, outcome: Outcome) = when (outcome) {
        Outcome.Succeeded -> delete(entry, SUCCESSFUL)

        is Outcome.Failed -> delete(entry, EXCEPTION, outcome.record)

        is Outcome.Held -> hold(entry, outcome.record)

        is Outcome.Retried -> {
            entry.change(QUEUED, dueAt = now + outcome.delay)
            entry.attempts++
            entry.rescues = 0
            write(entry, QUEUED, outcome.record)
        }

        Outcome.Released -> {
            entry.change(QUEUED)
            entry.rescues = 0
            write(entry, QUEUED)
        }

        Outcome.Canceled -> delete(entry, CANCELED)
    }

    private fun hold(entry: Entry, record: FailureRecord) {
        entry.change(HELD)
        entry.rescues = 0
        write(entry, HELD, record)
    }

    private fun delete(entry: Entry, status: JobStatus, record: FailureRecord? = null) {
        entries -= entry
        write(entry, status, record)
    }

    private fun Entry.change(status: JobStatus, worker: WorkerId? = null, dueAt: Instant = this.dueAt) {
        this.status = status
        this.worker = worker
        this.dueAt = dueAt
        updated = now
    }

    private fun write(entry: Entry, status: JobStatus, record: FailureRecord? = null) {
        log += LogEntry(log.size + 1L, entry.id, now, status, entry.priority, entry.job.entrypoint, record)
    }

    private fun under(lease: Lease) = entries.find {
        it.id == lease.jobId && it.status == PICKED && it.worker == lease.workerId && it.epoch == lease.epoch
    }

    private companion object {
        val ACTIVE = setOf(QUEUED, PICKED)
    }
}
