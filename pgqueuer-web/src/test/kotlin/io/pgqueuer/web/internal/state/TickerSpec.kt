package io.pgqueuer.web.internal.state

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Times are in milliseconds of virtual time. */
@OptIn(ExperimentalCoroutinesApi::class)
class TickerSpec : FunSpec({
    class Signals : Notifications {
        val flow = MutableSharedFlow<Signal>(extraBufferCapacity = 100)

        override fun listen(): Flow<Signal> = flow

        override suspend fun publish(event: QueueEvent) {
            flow.emit(Signal.Received(event))
        }
    }

    suspend fun Signals.change() = publish(QueueEvent.TableChanged(TableOperation.INSERT, Instant.DISTANT_PAST))

    /** Ticks of [ticker] are added to the list at their times. */
    fun TestScope.ticksOf(ticker: Ticker): Pair<MutableList<Long>, Job> {
        val ticks = mutableListOf<Long>()
        return ticks to launch { ticker.ticks().collect { ticks += currentTime } }
    }

    test("a silent queue is read seldom, and a change at once") {
        runTest {
            val signals = Signals()
            val (ticks, job) = ticksOf(Ticker(signals, 2.seconds))
            advanceTimeBy(8.seconds)
            ticks shouldContainExactly listOf(2_100L)
            signals.change()
            runCurrent()
            // At once, and once more after the interval, since claims are not notified.
            ticks shouldContainExactly listOf(2_100L, 8_000L)
            advanceTimeBy(20.seconds)
            ticks shouldContainExactly listOf(2_100L, 8_000L, 10_100L, 22_200L)
            job.cancel()
        }
    }

    test("a busy queue is read once in the interval") {
        runTest {
            val signals = Signals()
            val (ticks, job) = ticksOf(Ticker(signals, 2.seconds))
            repeat(100) {
                signals.change()
                advanceTimeBy(100.milliseconds)
            }
            ticks shouldContainExactly listOf(2_100L, 4_200L, 6_300L, 8_400L)
            job.cancel()
        }
    }

    test("while notifications do not arrive, and without them, there is a tick in each interval") {
        runTest {
            val signals = Signals()
            val ticker = Ticker(signals, 2.seconds)
            val (ticks, job) = ticksOf(ticker)
            advanceTimeBy(1.seconds)
            signals.flow.emit(Signal.Interrupted(IOException("gone")))
            advanceTimeBy(9.seconds)
            ticks shouldContainExactly listOf(2_100L, 4_200L, 6_300L, 8_400L)
            ticker.interruption?.message shouldBe "gone"
            signals.flow.emit(Signal.Listening)
            runCurrent()
            ticker.interruption.shouldBeNull()
            job.cancel()
            val (timed, timer) = ticksOf(Ticker(null, 1.seconds))
            val start = currentTime
            advanceTimeBy(3.5.seconds)
            timed.map { it - start } shouldContainExactly listOf(1_100L, 2_200L, 3_300L)
            timer.cancel()
        }
    }
})
