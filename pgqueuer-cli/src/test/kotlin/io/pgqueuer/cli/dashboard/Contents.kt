package io.pgqueuer.cli.dashboard

import io.pgqueuer.Backlog
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.StoredJob
import kotlin.time.Duration
import kotlin.time.Instant

/** An overview of entrypoints with so many queued jobs. */
internal fun overview(vararg queued: Pair<String, Long>) = Content.Overview(
    queued.map { (name, count) ->
        val backlog = Backlog(name, count, due = count, running = 0, held = 0, Duration.ZERO, isEstimate = false)
        EntrypointState(name, backlog, ends = emptyList(), failures = 0, runTimes = null)
    },
    workers = emptyList(),
    failures = emptyList(),
    pauses = emptyList(),
    endsCounted = true,
)

/** Jobs with ids from 1 on, of these statuses. */
internal fun jobs(vararg statuses: JobStatus): Content.Jobs {
    val time = Instant.parse("2026-11-30T07:03:12Z")
    val jobs = statuses.mapIndexed { index, status ->
        StoredJob(
            JobId(index + 1L), "report", status, priority = 0, payload = null, headers = null, dedupeKey = null,
            attempts = 0, rescues = 0, created = time, updated = time, heartbeat = time, runAt = time, workerId = null,
            leaseEpoch = 0,
        )
    }
    return Content.Jobs(jobs, jobs.size, isCut = false)
}
