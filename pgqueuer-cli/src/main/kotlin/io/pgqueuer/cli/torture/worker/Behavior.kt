package io.pgqueuer.cli.torture.worker

import kotlin.random.Random

/** How the runs of a job end. */
internal enum class Behavior {
    PLAIN,

    /**
     * Half of its runs are short. So a worker that has lost the lease may be done while another one runs the job. If it
     * could write its outcome then, it would end the job of the other one.
     */
    UNEVEN,

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
