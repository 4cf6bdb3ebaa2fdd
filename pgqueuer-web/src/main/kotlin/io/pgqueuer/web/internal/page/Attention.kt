package io.pgqueuer.web.internal.page

import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.state.LiveState
import kotlin.time.Duration.Companion.minutes

/** Something that somebody should look at, and the page that shows it. */
internal class Attention(
    val text: String,
    val path: String,
) {
    companion object {
        suspend fun of(state: LiveState): List<Attention> = buildList {
            val held = state.snapshot().backlog.sumOf { it.held }
            if (held > 0) add(Attention("${jobs(held)} held: they failed for good and wait for you", "/held"))
            val stale = state.staleJobs().size.toLong()
            if (stale > 0) add(Attention("${jobs(stale)} stale: their worker died or hangs", "/workers"))
            for (pause in state.pauses()) {
                val what = pause.entrypoint?.let { "entrypoint $it" } ?: "the whole queue"
                add(Attention("$what is paused" + (pause.reason?.let { ": $it" } ?: ""), "/entrypoints"))
            }
            for (schedule in state.pausedSchedules()) {
                add(Attention("schedule ${schedule.name} (${schedule.expression}) is paused", "/schedules"))
            }
            if (!state.properties().notifications) {
                add(Attention("notifications are off: idle workers find jobs by polling", "/system"))
            }
            state.notListening?.let {
                add(
                    Attention(
                        "no notifications arrive, so idle workers may find jobs by polling: ${it.message}",
                        "/system",
                    ),
                )
            }
            state.snapshot().oldestTransaction?.takeIf { oldest -> oldest.age.let { it == null || it > LONG } }?.let {
                add(Attention("${it.holder} keeps the server from removing dead rows", "/system"))
            }
            val errors = state.differences().count { it.isError }
            if (errors > 0) add(Attention("the schema differs from this version in $errors ways", "/system"))
        }

        /** A transaction that is open for longer makes the queue's table grow. */
        private val LONG = 5.minutes

        private fun jobs(number: Long) = if (number == 1L) "1 job is" else "${count(number)} jobs are"
    }
}
