package io.pgqueuer.engine.settling

import io.pgqueuer.JobOutcome
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.engine.leases.LeaseRegistry
import io.pgqueuer.engine.leases.endWithoutOutcome
import io.pgqueuer.engine.leases.jobEnded
import io.pgqueuer.engine.leases.seen
import io.pgqueuer.port.Settlement
import org.slf4j.LoggerFactory

/** Writes outcomes in one statement and reports the result of each. */
internal class SettleWriter(
    context: EngineContext,
    private val registry: LeaseRegistry,
    private val onSettled: (jobs: Int) -> Unit,
) {
    private val jobs = context.store.jobs
    private val inquiry = SettleInquiry(context.store.insights)
    private val events = context.events
    private val bound = context.options.storeTimeout
    private val wakeUps = context.wakeUps

    /**
     * Returns what is left of [batch], and why. Returns null if every outcome is written or its lease is known to be
     * gone.
     */
    suspend fun write(batch: List<Unsettled>): Remainder? {
        val live = if (batch.none { it.running.leaseGone }) batch else dropGone(batch)
        if (live.isEmpty()) return null
        val settled = attempt {
            answeredWithin(bound, "confirm ${live.size} outcomes") {
                jobs.settle(live.map { Settlement(it.running.lease, it.outcome) })
            }
        }.getOrElse { failure ->
            live.forEach { it.sent = true }
            return Remainder(live, failure)
        }
        if (settled.size == live.size) {
            live.forEach { written(it) }
            settled(live.size)
            return null
        }
        val (written, refused) = live.partition { it.running.lease in settled }
        written.forEach { written(it) }
        if (written.isNotEmpty()) settled(written.size)
        return askAbout(refused)
    }

    /** A claim wrote [outcomes], and looked for jobs in the same step: there is no need to claim again. */
    fun writtenByClaim(outcomes: List<Unsettled>) {
        outcomes.forEach { written(it) }
        onSettled(outcomes.size)
    }

    private fun settled(jobs: Int) {
        onSettled(jobs)
        wakeUps.freed()
    }

    private suspend fun askAbout(refused: List<Unsettled>): Remainder? {
        val answers = attempt {
            answeredWithin(bound, "tell what became of ${refused.size} jobs") { inquiry.ask(refused) }
        }.getOrElse { return Remainder(refused, it) }
        for ((one, answer) in answers) {
            when (answer) {
                SettleInquiry.Answer.WRITTEN -> written(one)
                SettleInquiry.Answer.COMPLETED -> completed(one)
                SettleInquiry.Answer.CANCELED -> canceled(one)
                SettleInquiry.Answer.LOST -> lost(one)
            }
        }
        settled(refused.size)
        return null
    }

    private fun dropGone(batch: List<Unsettled>): List<Unsettled> {
        val (gone, live) = batch.partition { it.running.leaseGone }
        gone.forEach { done(it, it.running.endWithoutOutcome) }
        settled(gone.size)
        return live
    }

    private fun written(one: Unsettled) {
        if (one.running.completing) log.warn("{} was completed in a transaction that did not commit", one.running)
        done(one, one.outcome.seen(one.running.exception))
    }

    private fun completed(one: Unsettled) {
        if (one.running.exception != null) {
            log.warn("{} has succeeded: its handler had completed and committed it before it threw", one.running)
        }
        done(one, JobOutcome.Succeeded)
    }

    private fun canceled(one: Unsettled) = done(one, JobOutcome.Canceled)

    private fun lost(one: Unsettled) = done(one, JobOutcome.LeaseLost)

    private fun done(one: Unsettled, outcome: JobOutcome) {
        registry.remove(one.running)
        events.jobEnded(one.running, outcome)
    }

    /** What could not be written, and why. */
    class Remainder(
        val outcomes: List<Unsettled>,
        val cause: Throwable,
    )

    private companion object {
        val log = LoggerFactory.getLogger(SettleWriter::class.java)
    }
}
