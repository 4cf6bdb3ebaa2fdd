package io.pgqueuer.cli.torture.worker

import io.pgqueuer.RetryRequested
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/**
 * What one job does. Its payload names it.
 *
 * It works in steps and not until some time, so that a process that was stopped has the rest of its work still to do.
 *
 * @property steps how many steps of [STEP] a run takes.
 */
internal class Task(
    private val behavior: Behavior,
    private val steps: Int,
) {
    val payload: String get() = "$behavior $steps"

    suspend fun run(attempt: Int) {
        if (isShort()) commit() else repeat(steps) { delay(STEP) }
        finish(attempt)
    }

    /** Runs the job, and blocks the thread. */
    fun runBlocking(attempt: Int) {
        if (!isShort()) repeat(steps) { Thread.sleep(STEP.inWholeMilliseconds) }
        finish(attempt)
    }

    private fun isShort() = behavior == Behavior.UNEVEN && Random.nextBoolean()

    /** Like a commit that is on its way: it heeds no cancellation, and goes on while this process is stopped. */
    private suspend fun commit() = withContext(NonCancellable) { delay(COMMIT) }

    /** @param attempt 1 for the first run. */
    private fun finish(attempt: Int) = when (behavior) {
        Behavior.PLAIN, Behavior.UNEVEN -> Unit
        Behavior.FAILS_TWICE -> if (attempt <= 2) error("not yet") else Unit
        Behavior.ALWAYS_FAILS -> error(NEVER)
        Behavior.ASKS_FOR_RETRY -> if (attempt == 1) throw RetryRequested(ASKED_DELAY) else Unit
    }

    companion object {
        private val STEP = 25.milliseconds

        /** Less than the time that a process has to notice that its leases are gone. */
        private val COMMIT = 300.milliseconds

        /** The message of the jobs that fail for good. */
        const val NEVER = "never"
        private val ASKED_DELAY = 500.milliseconds

        fun parse(payload: String): Task = payload.split(" ").let { (behavior, steps) ->
            Task(Behavior.valueOf(behavior), steps.toInt())
        }

        /** @param most the most steps. */
        fun random(random: Random, most: Int): Task = Task(Behavior.random(random), random.nextInt(most + 1))
    }
}
