package io.pgqueuer.cli.torture

import io.pgqueuer.Insights
import io.pgqueuer.JobStatus
import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.milliseconds

/** Counts the jobs that have not ended and are not held. */
internal class OpenJobs(
    private val insights: Insights,
) {
    /** How many there were when they were last counted. */
    @Volatile
    var count = 0L
        private set

    /** Counts them again. Returns whether the server has answered. */
    suspend fun look(): Boolean = try {
        count = insights.queueSize().filter { it.status != JobStatus.HELD }.sumOf { it.count }
        true
    } catch (_: StoreUnavailableException) {
        false
    }

    suspend fun awaitNone() {
        while (!look() || count > 0) delay(LOOK_EVERY)
    }

    companion object {
        val LOOK_EVERY = 500.milliseconds
    }
}
