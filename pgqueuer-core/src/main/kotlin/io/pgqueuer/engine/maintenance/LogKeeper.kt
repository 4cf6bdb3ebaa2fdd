package io.pgqueuer.engine.maintenance

import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.port.Maintenance
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import org.slf4j.LoggerFactory
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

/** Counts the log into the statistics and deletes old entries, in small steps that lock little. */
internal class LogKeeper(
    private val maintenance: Maintenance,
) {
    private val written = Channel<Unit>(Channel.CONFLATED).apply { trySend(Unit) }

    /** Whether the log may have entries that are not counted. At the start that is unknown. */
    private val uncounted = AtomicBoolean(true)

    /** This worker wrote to the log. */
    fun written() {
        uncounted.set(true)
        written.trySend(Unit)
    }

    /**
     * Counts what is left at the end of a run, and deletes what is older than [retention]: a run can be shorter than the
     * intervals.
     */
    suspend fun finish(retention: Duration?) {
        if (uncounted.get() && !succeeds("aggregate the log") { aggregateAll() }) return
        if (retention != null) succeeds("prune the log") { pruneAll(retention) }
    }

    /** Counts every [interval], but only after this worker has written to the log. An idle worker sends no query. */
    suspend fun aggregate(interval: Duration) {
        while (true) {
            written.receive()
            delay(interval)
            if (!succeeds("aggregate the log") { aggregateAll() }) written()
        }
    }

    /**
     * Deletes entries older than [retention]. Runs ten times per retention, but at least every hour and at most every
     * minute.
     */
    suspend fun prune(retention: Duration) {
        val interval = (retention / 10).coerceIn(1.minutes, 1.hours)
        while (true) {
            succeeds("prune the log") { pruneAll(retention) }
            delay(interval)
        }
    }

    private suspend fun aggregateAll() {
        uncounted.set(false)
        var counted: Int?
        do {
            counted = maintenance.aggregate(STEP)
        } while (counted == STEP)
        // Another worker was counting, and may already have passed the entries that this worker wrote.
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
        .onFailure {
            uncounted.set(true)
            log.warn("cannot {}, next try later: {}", what, it.toString())
        }
        .isSuccess

    private companion object {
        /** Log entries per step: a fraction of a second's work. */
        const val STEP = 10_000
        val log = LoggerFactory.getLogger(LogKeeper::class.java)
    }
}
