package io.pgqueuer.engine.claiming

import io.pgqueuer.WorkerId
import io.pgqueuer.engine.signals.News
import io.pgqueuer.port.QueueEvent
import java.util.UUID
import kotlin.math.exp
import kotlin.math.ln
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Decides when an idle worker claims, so that one job wakes few workers.
 *
 * All workers are notified of every change of the queue. An eager worker claims at once. A patient worker first pauses
 * for a moment. If it learns meanwhile that another worker of its kind claimed after that change and left nothing due,
 * it does not claim. Otherwise the others are busy or dead, and it claims. The same holds when a job becomes due.
 *
 * A worker that finds jobs becomes eager. One that finds none becomes patient once it learns that another has found
 * some. A worker that has received nothing from another of its kind for a while never pauses, and hardly ever reports.
 *
 * Only the fetcher uses it.
 *
 * @param kind what this worker serves; see [kindOf]. Null if others should not claim on behalf of this worker.
 * @param isBusy whether this worker runs so many jobs that others should take the next ones.
 */
internal class Patience(
    private val worker: WorkerId,
    private val kind: UUID?,
    private val time: TimeSource,
    private val random: Random,
    private val isBusy: () -> Boolean,
) {
    private val changes = HeardChanges()
    private var isEager = true
    private var heardOfOthers: TimeMark? = null

    /** When this worker last reported without knowing of others. */
    private var introduced: TimeMark? = null

    // About the claims since the last wait.
    private var isFirstClaim = true
    private var isWoken = false
    private var hasFound = false
    private var seen: String? = null

    /** The change up to which another worker has reported since then. */
    private var reported: String? = null

    // About the wait.
    private var poll: TimeMark = time.markNow()
    private var due: TimeMark? = null
    private var changed: TimeMark? = null
    private var pause = Duration.ZERO
    private var isBlocked = false

    private val knowsOthers get() = heardOfOthers.isRecent

    fun hear(news: News) {
        when (news) {
            is News.Changed -> {
                changes.add(news.id)
                if (changed == null) changed = time.markNow()
            }

            is News.NothingDue -> if (news.event.kind == kind && news.event.worker != worker) hear(news.event)

            News.Unknown -> changes.missed()
        }
    }

    private fun hear(report: QueueEvent.NothingDue) {
        heardOfOthers = time.markNow()
        reported = report.after
        if (report.found && !hasFound) isEager = false
        if (isBlocked) return
        val isNearlyDue = due?.let { -it.elapsedNow() <= LONGEST_PAUSE } ?: false
        if (changes.seenUpTo(report.after) || (isNearlyDue && report.after == changes.last)) {
            changed = time.markNow().takeIf { changes.areUnseen }
            due = report.nextDue?.let { time.markNow() + it }
            pause = newPause()
        }
    }

    /**
     * Whether the next claim is the first one since the last wait, jobs have become due, and no other worker waits to be
     * told what the claim leaves. Others would claim, too, if they were told later.
     */
    val expectsJobs: Boolean get() = isFirstClaim && isDue && !knowsOthers

    private val isDue get() = changed != null || due?.hasPassedNow() == true

    /** A claim begins. It sees all changes heard so far. */
    fun claiming() {
        if (isFirstClaim) {
            isFirstClaim = false
            isWoken = false
            hasFound = false
            reported = null
        }
        if (isDue) isWoken = true
        changes.seen()
        seen = changes.last
        changed = null
        due = null
    }

    /** The claim leased [jobs] jobs. */
    fun claimed(jobs: Int) {
        if (jobs == 0) return
        hasFound = true
        isEager = true
    }

    /**
     * Returns what to report to others after the claims have left nothing due. Null if there is no need to.
     *
     * @param nextDue returns how long until others should look again, even if they hear nothing. Asked only for a report.
     */
    fun report(nextDue: () -> Duration?): Report? {
        val after = seen
        if (kind == null || after == null || !isWoken) return null
        if (!hasFound && reported == after) return null
        if (!knowsOthers) {
            // Another worker that does not know of this one may have found the jobs. Or there is no other.
            if (hasFound || introduced.isRecent) return null
            introduced = time.markNow()
        }
        return Report(after, kind, hasFound, nextDue()?.let { time.markNow() + it })
    }

    /**
     * A wait begins.
     *
     * @param longest when to claim at the latest.
     * @param nextDue when a job is due.
     * @param isBlocked whether there are due jobs that could not be leased. Then every chance to lease them is used.
     */
    fun waiting(longest: Duration, nextDue: Duration?, isBlocked: Boolean) {
        isFirstClaim = true
        this.isBlocked = isBlocked
        poll = time.markNow() + longest
        // What another worker has reported during the claim may be due earlier.
        due = listOfNotNull(due, nextDue?.let { time.markNow() + it }).minByOrNull { -it.elapsedNow() }
        pause = newPause()
    }

    /** Returns how long to wait for the next claim. */
    fun left(): Duration {
        val isPatient = knowsOthers && !isBlocked && (!isEager || isBusy())
        val pause = if (isPatient) pause else Duration.ZERO
        return listOfNotNull(poll, due?.plus(pause), changed?.plus(pause)).minOf { -it.elapsedNow() }
    }

    /** Most pauses are long. So the first of many workers has the time to claim and to report before the others. */
    private fun newPause(): Duration {
        if (!knowsOthers) return LONGEST_PAUSE
        val share = ln(1 + random.nextDouble() * (exp(STEEPNESS) - 1)) / STEEPNESS
        return SHORTEST_PAUSE + (LONGEST_PAUSE - SHORTEST_PAUSE) * share
    }

    private val TimeMark?.isRecent get() = this != null && elapsedNow() < 1.minutes

    companion object {
        /** Enough for an eager worker to claim and to report. */
        private val SHORTEST_PAUSE = 5.milliseconds
        private val LONGEST_PAUSE = 25.milliseconds

        /** With 20 workers, the first one pauses for 11 ms on average, and one in 100 for less than 7 ms. */
        private const val STEEPNESS = 4.0

        /** Identifies workers that serve the same [entrypoints], and take jobs over after the same [leaseTimeout]. */
        fun kindOf(entrypoints: Collection<String>, leaseTimeout: Duration): UUID = UUID.nameUUIDFromBytes(
            (entrypoints.sorted() + leaseTimeout.toIsoString()).joinToString("\u0000").encodeToByteArray(),
        )
    }
}
