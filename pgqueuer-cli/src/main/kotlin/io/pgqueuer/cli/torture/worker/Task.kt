package io.pgqueuer.cli.torture.worker

import io.pgqueuer.RetryRequested
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/**
 * What one job does. Its payload names it.
 *
 * It works in steps and not for a time, so that a process that was stopped has the rest of its work still to do.
 *
 * @property steps how many steps of [STEP] a run takes.
 */
internal class Task(
    private val behavior: Behavior,
    val steps: Int,
) {
    val payload: String get() = "$behavior $steps"

    /** Ends a run that has done its steps, as the job's behaviour is. [attempt] is 1 for the first run. */
    fun finish(attempt: Int) = when (behavior) {
        Behavior.PLAIN -> Unit
        Behavior.FAILS_TWICE -> if (attempt <= 2) error("not yet") else Unit
        Behavior.ALWAYS_FAILS -> error(NEVER)
        Behavior.ASKS_FOR_RETRY -> if (attempt == 1) throw RetryRequested(ASKED_DELAY) else Unit
    }

    companion object {
        val STEP = 25.milliseconds

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

internal enum class Behavior {
    PLAIN,

    /** Fails twice, and then succeeds. */
    FAILS_TWICE,

    /** Fails in all its runs. */
    ALWAYS_FAILS,
    ASKS_FOR_RETRY,
    ;

    companion object {
        fun random(random: Random): Behavior = when (random.nextInt(100)) {
            in 0..4 -> FAILS_TWICE
            in 5..6 -> ALWAYS_FAILS
            in 7..11 -> ASKS_FOR_RETRY
            else -> PLAIN
        }
    }
}
