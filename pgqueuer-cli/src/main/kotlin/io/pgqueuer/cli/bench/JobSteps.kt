package io.pgqueuer.cli.bench

import kotlin.time.ComparableTimeMark
import kotlin.time.Duration

/**
 * How the time of one job divides. The parts sum to the whole.
 *
 * @property toNotification from the return of the enqueue to the notification; 0 if that came first, or never.
 * @property toClaim from the notification to the call that claimed the job.
 * @property inClaim how long that call took.
 * @property toHandler from its end to the start of the handler.
 */
internal data class JobSteps(
    val toNotification: Duration,
    val toClaim: Duration,
    val inClaim: Duration,
    val toHandler: Duration,
) {
    val whole: Duration get() = toNotification + toClaim + inClaim + toHandler

    companion object {
        /**
         * Returns the parts between five [marks], from the first to the last. What happened before the first counts as if
         * at that time. A mark that is later than the next one counts as that one.
         */
        fun between(marks: List<ComparableTimeMark>): JobSteps {
            val first = minOf(marks.first(), marks.last())
            val inOrder = marks.map { maxOf(it, first) }.asReversed().runningReduce(::minOf).asReversed()
            val (toNotification, toClaim, inClaim, toHandler) = inOrder.zipWithNext { from, to -> to - from }
            return JobSteps(toNotification, toClaim, inClaim, toHandler)
        }
    }
}
