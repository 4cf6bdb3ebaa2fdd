package io.pgqueuer.engine.claiming

import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.port.QueueEvent
import kotlinx.coroutines.channels.Channel
import org.slf4j.LoggerFactory
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.TimeMark

/** That claims left nothing due. The properties are those of [QueueEvent.NothingDue]. */
internal class Report(
    val after: String,
    val kind: UUID,
    val found: Boolean,
    val due: TimeMark?,
)

/**
 * Sends reports to other workers. It never delays a claim: a report that waits to be sent is replaced by the next one.
 * Nothing depends on a report, so none is sent twice.
 */
internal class Reports(
    private val context: EngineContext,
) {
    private val waiting = Channel<Report>(Channel.CONFLATED)

    fun send(report: Report) {
        waiting.trySend(report)
    }

    suspend fun run() {
        for (report in waiting) {
            attempt { answeredWithin(context.options.storeTimeout, "send a report") { publish(report) } }
                .onFailure { log.debug("cannot report to other workers that nothing is due", it) }
        }
    }

    private suspend fun publish(report: Report) = context.store.notifications.publish(
        QueueEvent.NothingDue(
            report.after,
            report.kind,
            context.worker,
            report.found,
            report.due?.let { (-it.elapsedNow()).coerceAtLeast(Duration.ZERO) },
            context.runtime.clock.now(),
        ),
    )

    private companion object {
        val log = LoggerFactory.getLogger(Reports::class.java)
    }
}
