package io.pgqueuer.memory

import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.TestCoroutineScheduler
import kotlin.coroutines.CoroutineContext
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Instant
import kotlin.time.TimeSource

/** The store's clock: the [fixed] one, or the clock of the latest caller, shifted so that time never goes back. */
internal class StoreClock(private val fixed: Clock?) : Clock {
    private var source: Clock? = null
    private var shift = Duration.ZERO
    private var latest = Instant.DISTANT_PAST

    /** The time of the last operation's clock. */
    @Synchronized
    override fun now(): Instant {
        fixed?.let { return it.now() }
        val source = source ?: return Clock.System.now()
        latest = maxOf(latest, source.now() + shift)
        return latest
    }

    /** The time for an operation that runs in [context]. */
    @Synchronized
    fun now(context: CoroutineContext): Instant {
        if (fixed == null) follow(virtualClock(context) ?: Clock.System)
        return now()
    }

    @Synchronized
    fun reset() {
        source = null
        shift = Duration.ZERO
        latest = Instant.DISTANT_PAST
    }

    private fun follow(next: Clock) {
        if (next == source) return
        if (source != null) shift = now() - next.now()
        source = next
    }
}

/** The virtual clock of [context], or null if it has none. */
internal fun virtualClock(context: CoroutineContext): Clock? =
    if (coroutinesTestIsPresent) VirtualClock.of(context) else null

/** The virtual time that passes in [context], or null if it has none. A store's fixed clock does not move it. */
internal fun virtualTime(context: CoroutineContext): TimeSource? =
    if (coroutinesTestIsPresent) VirtualClock.timeOf(context) else null

// kotlinx-coroutines-test is optional. Do not load a class that names its types before this says that it is available.
private val coroutinesTestIsPresent = try {
    Class.forName("kotlinx.coroutines.test.TestCoroutineScheduler", false, StoreClock::class.java.classLoader)
    true
} catch (_: ClassNotFoundException) {
    false
}

private data class VirtualClock(private val scheduler: TestCoroutineScheduler) : Clock {
    @OptIn(ExperimentalCoroutinesApi::class)
    override fun now(): Instant = Instant.fromEpochMilliseconds(scheduler.currentTime)

    companion object {
        fun of(context: CoroutineContext): Clock? = context[TestCoroutineScheduler]?.let(::VirtualClock)

        @OptIn(ExperimentalCoroutinesApi::class)
        fun timeOf(context: CoroutineContext): TimeSource? = context[TestCoroutineScheduler]?.timeSource
    }
}
