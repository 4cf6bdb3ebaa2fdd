package io.pgqueuer.simulation

import io.pgqueuer.JobContext
import io.pgqueuer.RetryRequested
import io.pgqueuer.port.WithoutTransactions
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What the handler of a job does. The payload of the job names it. */
internal enum class Behavior(
    /** How long it runs at most, in milliseconds. */
    private val longest: Long,
    private val act: suspend (JobContext) -> Unit = {},
) {
    QUICK(longest = 50),
    SLOW(longest = 45_000),

    /** Fails twice. */
    FLAKY(longest = 500, act = { if (it.attempt < 2) error("not yet") }),

    /** Always fails, and so is held in the end. */
    HOPELESS(longest = 500, act = { error(NEVER) }),
    ASKS_FOR_RETRY(longest = 500, act = { if (it.attempt == 0) throw RetryRequested(3.seconds) }),

    /** In about half of its runs, ends with a cancellation that nobody asked for. */
    CANCELLED_BY_ITSELF(longest = 20_000, act = { if (Random(it.leaseEpoch).nextBoolean()) throw Stray() }),

    /** Completes its job itself, in a transaction of its own. */
    COMPLETES(longest = 5_000, act = { complete(it) }),

    /** Runs until it is cancelled. */
    ENDLESS(longest = 1, act = { awaitCancellation() }),
    ;

    suspend fun run(job: JobContext, random: Random) {
        delay(random.nextLong(longest).milliseconds)
        act(job)
    }

    private class Stray : CancellationException("of another scope")

    companion object {
        /** The transaction commits or, in a first run, rolls back. Afterwards, the handler may fail. */
        private fun complete(context: JobContext) {
            val chance = Random(context.leaseEpoch)
            val commits = context.attempt > 1 || chance.nextBoolean()
            val store = checkNotNull(context.backend.capability(WithoutTransactions::class))
            context.completeBy { lease -> if (commits) store.complete(lease) else store.isLive(lease) }
            if (chance.nextBoolean()) error("after the completion")
        }

        /** What ends without help. */
        val ORDINARY = entries - ENDLESS

        /** The message of jobs that fail for good. */
        const val NEVER = "never"
    }
}
