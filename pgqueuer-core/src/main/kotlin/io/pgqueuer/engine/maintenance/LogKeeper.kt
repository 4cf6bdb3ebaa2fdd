package io.pgqueuer.engine.maintenance

import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.port.Maintenance
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

/** Counts the log into the statistics, and deletes what is old, in steps that each lock little. */
internal class LogKeeper(
    private val maintenance: Maintenance,
) {
    private val written = Channel<Unit>(Channel.CONFLATED).apply { trySend(Unit) }

    /** This worker wrote to the log. */
    fun written() {
        written.trySend(Unit)
    }

    /** Counts each [interval], but only after this worker has written to the log: an idle worker asks for nothing. */
    suspend fun aggregate(interval: Duration) {
        while (true) {
            written.receive()
            delay(interval)
            if (!succeeds("aggregate the log") { aggregateAll() }) written()
        }
    }

    /** Deletes what is older than [retention], each tenth of it, at least each hour and at most each minute. */
    suspend fun prune(retention: Duration) {
        val interval = (retention / 10).coerceIn(1.minutes, 1.hours)
        while (true) {
            succeeds("prune the log") { pruneAll(retention) }
            delay(interval)
        }
    }

    private suspend fun aggregateAll() {
        var counted: Int?
        do {
            counted = maintenance.aggregate(STEP)
        } while (counted == STEP)
        // Another was at it, and may have been past what this worker wrote.
        if (counted == null) written()
    }

    private suspend fun pruneAll(retention: Duration) {
        var deleted = 0L
        var after: Long? = Long.MIN_VALUE
        while (after != null) {
            val step = maintenance.prune(retention, after, STEP)
            deleted += step.deleted
            after = step.last
        }
        if (deleted > 0) log.info("deleted {} entries older than {} from the log", deleted, retention)
    }

    /** Returns whether [block] succeeded. */
    private suspend fun succeeds(what: String, block: suspend () -> Unit): Boolean = attempt { block() }
        .onFailure { log.warn("cannot {}, next try later: {}", what, it.toString()) }
        .isSuccess

    private companion object {
        /** Log entries a step: a fraction of a second's work. */
        const val STEP = 10_000
        val log = LoggerFactory.getLogger(LogKeeper::class.java)
    }
}
