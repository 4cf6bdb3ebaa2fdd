package io.pgqueuer.simulation

import io.pgqueuer.HeldJob
import io.pgqueuer.Insights
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.Pause
import io.pgqueuer.PoisonJobException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.Settlement
import kotlin.time.Duration

/**
 * Follows what happens, step by step, and notes in [violations] what must never happen: a job that is lost or ends
 * twice, two runs of a job at once, a write by a worker whose lease is gone, an exceeded limit, an outcome that is
 * written before its handler has ended, claims out of order, claims of what is paused.
 *
 * A run goes on under a lost lease if its process was stopped. It is no violation until the process has run on for a
 * while: only then can it know.
 */
internal class Checker(
    private val limits: Map<String, Int>,
    private val history: History,
) {
    val violations = mutableListOf<String>()

    /** The live leases, as the store sees them. */
    private val leases = HashMap<JobId, Lease>()
    private val runs = LinkedHashMap<Lease, Run>()
    private val canceled = HashSet<JobId>()
    private val started = HashSet<JobId>()

    /** The jobs of which a handler has succeeded. */
    private val finished = HashSet<JobId>()

    /** The jobs whose end is written. */
    private val over = HashSet<JobId>()

    /** The entrypoints that are paused until somebody resumes them. */
    private val paused = HashSet<String?>()

    private class Run(
        val process: Process,
        val entrypoint: String,
    )

    fun claimed(process: Process, batch: ClaimBatch) {
        if (batch.jobs.isNotEmpty()) history.add("$process claimed ${batch.jobs.map { it.job.id }}")
        batch.held.forEach {
            history.add("$process held ${it.id} as it claimed")
            leases -= it.id
        }
        batch.jobs.zipWithNext { first, second ->
            val isInOrder = compareValuesBy(first.job, second.job, { -it.priority }, { it.id.value }) < 0
            if (!isInOrder) violation("$process claimed ${first.job.id} before ${second.job.id}")
        }
        for (claimed in batch.jobs) {
            if (claimed.job.id in over) violation("$process claimed ${claimed.job.id}, which has ended")
            if (claimed.job.entrypoint in paused) violation("$process claimed ${claimed.job.id}, which is paused")
            val before = leases.put(claimed.job.id, claimed.lease)
            if (before != null && before.workerId == claimed.lease.workerId &&
                runs[before]?.process?.mustKnow() == true
            ) {
                violation("$process claimed ${claimed.job.id} while it runs the job itself")
            }
        }
    }

    fun renewed(process: Process, renewal: Renewal) {
        renewal.held.filter { leases[it.jobId] != it }.forEach {
            violation("$process renewed ${it.jobId} under a lease that is gone")
        }
    }

    fun settled(process: Process, settlements: List<Settlement>, written: Set<Lease>) {
        for ((lease, outcome) in settlements) {
            val id = lease.jobId
            if (lease in written) {
                history.add("$process wrote ${outcome::class.simpleName} of $id")
                if (leases[id] != lease) violation("$process wrote $outcome of $id under a lease that is gone")
                if (lease in runs) violation("$process wrote $outcome of $id while its handler runs")
                if (outcome is Outcome.Succeeded && id !in finished) {
                    violation("$process wrote a success of $id, whose handler has not succeeded")
                }
                leases -= id
                if (outcome.isEnd) over += id
            } else if (leases[id] == lease) {
                if (id in canceled) leases -= id else violation("$process could not write $outcome of $id, its own job")
            }
        }
    }

    /** The handler of [lease] has completed its job. */
    fun completed(process: Process, lease: Lease) {
        history.add("$process completed ${lease.jobId} in its handler")
        if (leases.remove(lease.jobId) != lease) {
            violation("$process completed ${lease.jobId} under a lease that is gone")
        }
        over += lease.jobId
    }

    fun canceled(process: Process, ids: Set<JobId>) {
        if (ids.isNotEmpty()) history.add("$process canceled $ids")
        canceled += ids
    }

    fun paused(process: Process, pause: Pause) {
        history.add("$process paused ${pause.entrypoint}")
        // The store decides when another pause ends, and its clock jumps.
        if (pause.until == null) paused += pause.entrypoint else paused -= pause.entrypoint
    }

    fun resumed(process: Process, entrypoint: String?) {
        history.add("$process resumed $entrypoint")
        paused -= entrypoint
    }

    fun started(process: Process, lease: Lease, entrypoint: String) {
        history.add("$process runs ${lease.jobId}")
        for ((other, run) in runs) {
            if (other.jobId == lease.jobId && run.process.mustKnow()) {
                violation("$process runs ${lease.jobId}, which ${run.process} still runs")
            }
        }
        runs[lease] = Run(process, entrypoint)
        started += lease.jobId
        val limit = limits[entrypoint] ?: return
        val running = runs.count { (other, run) -> run.entrypoint == entrypoint && hasSlot(other, run) }
        if (running > limit) violation("$running jobs of '$entrypoint' run at once, its limit is $limit")
    }

    fun ended(process: Process, lease: Lease, isSuccess: Boolean) {
        history.add("$process ended ${lease.jobId}${if (isSuccess) "" else ", not successfully"}")
        runs -= lease
        if (isSuccess) finished += lease.jobId
    }

    fun requireStarted(id: JobId, within: Duration) {
        if (id !in started) violation("$id did not start within $within, although nothing went wrong")
    }

    fun requireStopped(id: JobId, within: Duration) {
        if (runs.keys.any { it.jobId == id }) violation("$id was canceled, and runs on after $within")
    }

    fun killed(process: Process) {
        runs.values.removeAll { it.process == process }
    }

    /** A canceled job gives its slot up when its lease expires, before its stopped process can know. */
    private fun hasSlot(lease: Lease, run: Run) =
        leases[lease.jobId] == lease && (lease.jobId !in canceled || run.process.mustKnow())

    /** Checks the end: everything has run, and each job has ended once. */
    suspend fun finish(insights: Insights, promised: Collection<JobId>) {
        val open = insights.queueSize().filter { it.status != JobStatus.HELD }
        if (open.isNotEmpty()) violation("not everything has run: $open")
        val held = insights.heldJobs(limit = MANY).associateBy { it.job.id }
        // Beyond the last id that its producer knows, there may be jobs whose producer received no answer.
        val last = (promised.maxOfOrNull { it.value } ?: 0) + UNKNOWN
        for (number in 1..last) {
            val id = JobId(number)
            val statuses = insights.log(id).map { it.status }
            val ends = statuses.count { it in ENDS }
            when {
                statuses.isEmpty() -> if (id in promised) violation("$id was enqueued and is in no log")

                ends > 1 -> violation("$id ended $ends times: $statuses")

                ends == 1 && statuses.last() !in ENDS -> violation("$id went on after its end: $statuses")

                ends == 0 && id !in held -> violation("$id is lost: $statuses")

                ends == 0 && !mayBeHeld(held.getValue(id)) ->
                    violation("$id is held, which should not be: ${held.getValue(id).failure}")
            }
        }
    }

    private fun mayBeHeld(job: HeldJob) = job.failure?.run { type in GOOD_REASONS || message == Behavior.NEVER } == true

    fun violation(what: String) {
        history.add("VIOLATION: $what")
        violations += what
    }

    private val Outcome.isEnd get() = this is Outcome.Succeeded || this is Outcome.Failed || this is Outcome.Canceled

    private companion object {
        const val MANY = 10_000
        const val UNKNOWN = 100
        val ENDS = setOf(JobStatus.SUCCESSFUL, JobStatus.EXCEPTION, JobStatus.CANCELED, JobStatus.DELETED)

        /**
         * A job may be held because it killed its workers, because its completion rolled back and its handler
         * returned, or because its handler needed the store during an outage.
         */
        val GOOD_REASONS = setOf(
            PoisonJobException::class.java.name,
            "io.pgqueuer.engine.running.CompletionRolledBackException",
            StoreUnavailableException::class.java.name,
        )
    }
}
