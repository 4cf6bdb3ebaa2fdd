package io.pgqueuer.simulation

import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.delay
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What goes wrong between the processes and the store, and how often. Each seed has its own mixture. */
internal class Faults(
    private val random: Random,
    private val steps: Steps,
) {
    private val failures = random.nextDouble(0.1)
    private val lostAnswers = random.nextDouble(0.1)
    private val hangs = random.nextDouble(0.01)
    private val slowness = random.nextDouble(0.1)
    private val lostNotifications = random.nextDouble(0.5)
    private val doubledNotifications = random.nextDouble(0.2)
    private var outageEnds = Duration.ZERO

    var isActive = true

    /** Whether all listeners lose their connections at once, each [RESTART], although the other faults have ended. */
    var isRestarting = false

    /** Makes the store unreachable for [span]. */
    fun startOutage(span: Duration) {
        outageEnds = maxOf(outageEnds, steps.now + span)
    }

    /** Calls the store by [operation]. Before or after it has taken effect, the call may fail, take long, or hang. */
    suspend fun <T> call(operation: suspend () -> T): T {
        pass()
        refuse("before it took effect", failures)
        return operation().also {
            pass()
            refuse("after it took effect", lostAnswers)
        }
    }

    /** As [call], for an [operation] of a handler that blocks its thread. */
    fun <T> callNow(operation: () -> T): T {
        refuse("before it took effect", failures)
        return operation().also { refuse("after it took effect", lostAnswers) }
    }

    /** How often a notification arrives: mostly once. */
    fun arrivals(): Int = when {
        isOut || happens(lostNotifications) -> 0
        happens(doubledNotifications) -> 2
        else -> 1
    }

    /** How long a listener keeps its connection. */
    fun listensFor(): Duration = when {
        isActive -> random.nextLong(120_000).milliseconds
        isRestarting -> RESTART - (steps.now.inWholeMilliseconds % RESTART.inWholeMilliseconds).milliseconds
        else -> Duration.INFINITE
    }

    /** The way from or to the store. */
    suspend fun pass() {
        if (happens(hangs)) delay(10.minutes)
        delay(if (happens(slowness)) random.nextLong(3_000) else random.nextLong(5))
    }

    fun unavailable(why: String) = StoreUnavailableException("simulated: $why at ${steps.now}")

    private val isOut get() = isActive && steps.now < outageEnds

    private fun refuse(whenItFails: String, probability: Double) {
        if (isOut) throw unavailable("an outage")
        if (happens(probability)) throw unavailable("a call failed $whenItFails")
    }

    private fun happens(probability: Double) = isActive && random.nextDouble() < probability

    companion object {
        private val RESTART = 17.seconds

        /** How long a listener waits until it connects again. */
        val RECONNECTS_WITHIN = 5.seconds
    }
}
