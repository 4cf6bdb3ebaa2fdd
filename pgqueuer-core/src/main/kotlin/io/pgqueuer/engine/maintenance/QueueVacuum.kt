package io.pgqueuer.engine.maintenance

import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.port.Maintenance
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import org.slf4j.LoggerFactory
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes

/** Vacuums the queue after every [every] jobs that ended here. Then pauses for much longer than the vacuum took. */
internal class QueueVacuum(
    private val maintenance: Maintenance,
    private val every: Int,
    private val clock: Clock,
) {
    private val endedSince = AtomicInteger()
    private val due = Channel<Unit>(Channel.CONFLATED)

    fun ended(jobs: Int) {
        if (endedSince.addAndGet(jobs) >= every) due.trySend(Unit)
    }

    /** Returns if the store's user is not allowed to vacuum. */
    suspend fun run() {
        while (true) {
            due.receive()
            if (endedSince.get() < every) continue
            endedSince.set(0)
            val begun = clock.now()
            if (!vacuum()) return
            delay(((clock.now() - begun) * REST).coerceIn(Duration.ZERO, LONGEST_REST))
        }
    }

    private suspend fun vacuum(): Boolean = attempt { maintenance.vacuum() }
        .onSuccess { may ->
            if (!may) log.info("this worker's user may not vacuum the queue; autovacuum has to, see `pgq autovac`")
        }
        .getOrElse {
            log.warn("cannot vacuum the queue, next try after {} more jobs: {}", every, it.toString())
            true
        }

    private companion object {
        /**
         * The pause is this many times as long as the vacuum took. So vacuums take at most a tenth of the time, however
         * large the queue is.
         */
        const val REST = 9
        val LONGEST_REST = 10.minutes
        val log = LoggerFactory.getLogger(QueueVacuum::class.java)
    }
}
