package io.pgqueuer.cli.bench

import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.DashboardRequest
import io.pgqueuer.web.DashboardResponse
import io.pgqueuer.web.DashboardRole
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlin.time.Duration
import kotlin.time.measureTime

private const val TABS = 10
private const val REQUESTS = 20
private const val DRAINS = 3
private const val COUNTED_AT_ONCE = 10_000

/**
 * Every page of the dashboard on a queue with ten times [Bench.jobs] jobs and thrice as many log rows. A worker has
 * counted the log, except for the pages that are named so: they are measured before.
 */
internal suspend fun Bench.dashboard(): List<BenchResult> = pages() + tabs()

private suspend fun Bench.pages(): List<BenchResult> = onFreshQueue {
    val queued = jobs * 10L
    progress("filling the queue with $queued jobs, and the log with ${queued * 3} rows")
    fillForPages(queued)
    val paths = listOf(
        "/",
        "/entrypoints",
        "/jobs",
        "/jobs?filter=entrypoint:page-7",
        "/jobs?filter=status:failed+failure:IOException",
        "/jobs/${queued / 2}",
        "/held",
        "/log",
        "/log?filter=status:exception",
        "/workers",
        "/schedules",
        "/system",
    )
    // The first round warms up the JVM and the server.
    paths.forEach { open(it) }
    suspend fun measure(path: String, remark: String = ""): BenchResult {
        progress("opening $path $REQUESTS times$remark")
        return withTimes(BenchResult("dashboard $path$remark", queued), List(REQUESTS) { open(path) })
    }
    val uncounted = listOf("/", "/entrypoints").map { measure(it, remark = ", log not counted") }
    progress("counting the log, as workers do")
    countLog()
    uncounted + paths.map { measure(it) }
}

/** Counts the log into the statistics. */
private suspend fun BenchQueue.countLog() {
    while (backend.store.maintenance.aggregate(COUNTED_AT_ONCE) == COUNTED_AT_ONCE) {
        // The next chunk.
    }
    execute("VACUUM ANALYZE $logTable, $statisticsTable")
}

/** How long the page at [path] takes for a dashboard that has read nothing yet, so that no reading is shared. */
private suspend fun BenchQueue.open(path: String): Duration = Dashboard(backend).use { dashboard ->
    measureTime {
        val response = dashboard.get(path)
        check(response.status == 200) { "the page $path has the status ${response.status}" }
    }
}

private suspend fun Dashboard.get(address: String): DashboardResponse {
    val query = address.substringAfter('?', "").split('&').filter(String::isNotEmpty)
        .associate { it.substringBefore('=') to listOf(it.substringAfter('=').replace('+', ' ')) }
    val path = address.substringBefore('?')
    return answer(
        DashboardRequest("GET", path, "", query, emptyMap(), DashboardRole.OPERATE, host = null, origin = null),
    )
}

/** A drain while ten browsers show the overview, against one without, in turn. */
private suspend fun Bench.tabs(): List<BenchResult> = onFreshQueue {
    warmUp()
    val (without, with) = List(DRAINS) {
        drainRate(options) to Dashboard(backend).use { dashboard -> watched(dashboard) { drainRate(options) } }
    }.unzip()
    val (rateWithout, rateWith) = listOf(without, with).map { it.sorted()[DRAINS / 2] }
    listOf(
        BenchResult("dashboard without tabs", jobs.toLong(), batchSize, rateWithout),
        BenchResult("dashboard $TABS tabs", jobs.toLong(), batchSize, rateWith, ratio = rateWith.over(rateWithout)),
    )
}

private suspend fun <T> watched(dashboard: Dashboard, block: suspend () -> T): T = coroutineScope {
    val tabs = launch(Dispatchers.Default) {
        repeat(TABS) {
            launch {
                val events = dashboard.get("/events").body as DashboardResponse.Body.Events
                events.texts.collect { dashboard.get("/") }
            }
        }
    }
    try {
        block()
    } finally {
        tabs.cancelAndJoin()
    }
}

/** 50 entrypoints; of the jobs, one in 1,000 is held and one in 10,000 runs. The log is of the last hour. */
private fun BenchQueue.fillForPages(queued: Long) {
    execute(
        """
        INSERT INTO $queueTable (priority, entrypoint, payload, status, queue_manager_id, created, updated, execute_after)
        SELECT n % 3, 'page-' || n % 50, convert_to('{"number": ' || n || '}', 'UTF8'),
            (CASE WHEN n % 1000 = 0 THEN 'failed' WHEN n % 10000 = 1 THEN 'picked' ELSE 'queued' END)::$statusType,
            CASE WHEN n % 10000 = 1 THEN gen_random_uuid() END, at, at, at
        FROM generate_series(1, $queued) AS n
        CROSS JOIN LATERAL (SELECT now() - (n % 3600) * interval '1 second') AS times (at)
        """,
    )
    execute(
        """
        INSERT INTO $logTable (job_id, status, priority, entrypoint, created, traceback)
        SELECT n, step.status::$statusType, n % 3, 'page-' || n % 50,
            now() - interval '1 hour' + n * (interval '1 hour' / $queued), step.failure
        FROM generate_series(1, $queued) AS n
        CROSS JOIN LATERAL (VALUES
            (1, 'queued', NULL),
            (2, 'picked', NULL),
            (3, CASE WHEN n % 1000 = 0 THEN 'failed' WHEN n % 500 = 0 THEN 'exception' ELSE 'successful' END,
                CASE WHEN n % 500 = 0 THEN jsonb_build_object('job_id', n, 'timestamp', now(),
                    'exception_type', 'java.io.IOException', 'exception_message', 'no route to host',
                    'traceback', 'at Handler.kt:1') END)
        ) AS step (number, status, failure)
        ORDER BY n, step.number
        """,
    )
    execute("VACUUM ANALYZE $queueTable, $logTable")
}
