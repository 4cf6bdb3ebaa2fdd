package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.exposed.internal.notification.SharedListener
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.util.UUID
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

class SharedListenerSpec : FunSpec({
    val backlog = 10

    test("collectors share one source; the last to leave ends it, and the next one starts it again") {
        val source = Source()
        val shared = SharedListener(Dispatchers.Default, backlog, source::listen)
        coroutineScope {
            val one = Ears(this, shared)
            val other = Ears(this, shared)
            source.send(Signal.Listening)
            one.next() shouldBe Signal.Listening
            other.next() shouldBe Signal.Listening
            one.leave()
            source.send(event(1))
            other.next().id shouldBe 1
            source.running.get() shouldBe 1
            other.leave()
            soon { source.running.get() shouldBe 0 }
            val next = Ears(this, shared)
            source.send(Signal.Listening)
            next.next() shouldBe Signal.Listening
            source.started.get() shouldBe 2
            next.leave()
        }
    }

    test("a late collector is told at once whether the listener hears") {
        val source = Source()
        val shared = SharedListener(Dispatchers.Default, backlog, source::listen)
        coroutineScope {
            val first = Ears(this, shared)
            source.send(Signal.Listening)
            first.next()
            val late = Ears(this, shared)
            late.next() shouldBe Signal.Listening
            source.send(Signal.Interrupted(IllegalStateException("lost")))
            late.next().shouldBeInstanceOf<Signal.Interrupted>()
            val later = Ears(this, shared)
            later.next().shouldBeInstanceOf<Signal.Interrupted>().cause.message shouldBe "lost"
            source.send(Signal.Listening)
            later.next() shouldBe Signal.Listening
            listOf(first, late, later).forEach { it.leave() }
        }
    }

    test("a slow collector delays nobody; what it misses is one forced look, and it knows of an interruption") {
        val source = Source()
        val shared = SharedListener(Dispatchers.Default, backlog, source::listen)
        coroutineScope {
            val quick = Ears(this, shared)
            val go = CompletableDeferred<Unit>()
            val isBusy = CompletableDeferred<Unit>()
            val slow = Ears(this, shared, before = {
                isBusy.complete(Unit)
                go.await()
            })
            source.send(Signal.Listening)
            quick.next() shouldBe Signal.Listening
            isBusy.await()
            source.send(Signal.Interrupted(IllegalStateException("lost")))
            source.send(Signal.Listening)
            quick.next().shouldBeInstanceOf<Signal.Interrupted>()
            quick.next() shouldBe Signal.Listening
            repeat(100) {
                source.send(event(it))
                quick.next().id shouldBe it
            }
            go.complete(Unit)
            // The one that it was working on, and what was kept of the rest.
            slow.next() shouldBe Signal.Listening
            slow.next().shouldBeInstanceOf<Signal.Interrupted>()
            slow.next() shouldBe Signal.Listening
            var last = slow.next()
            while (last.id != 99) last = slow.next()
            listOf(quick, slow).forEach { it.leave() }
        }
    }

    test("once it is closed, all are told why, and nothing starts again") {
        val source = Source()
        val shared = SharedListener(Dispatchers.Default, backlog, source::listen)
        coroutineScope {
            val ears = Ears(this, shared)
            source.send(Signal.Listening)
            ears.next() shouldBe Signal.Listening
            shared.close(IllegalStateException("closed"))
            ears.next().shouldBeInstanceOf<Signal.Interrupted>().cause.message shouldBe "closed"
            soon { source.running.get() shouldBe 0 }
            val late = Ears(this, shared)
            late.next().shouldBeInstanceOf<Signal.Interrupted>()
            source.started.get() shouldBe 1
            listOf(ears, late).forEach { it.leave() }
        }
    }
})

/** What a listener would hear; it tells who listens. */
private class Source {
    val started = AtomicInteger()
    val running = AtomicInteger()
    private val signals = Channel<Signal>(Channel.UNLIMITED)

    suspend fun listen(tell: (Signal) -> Unit) {
        started.incrementAndGet()
        running.incrementAndGet()
        try {
            for (signal in signals) tell(signal)
        } finally {
            running.decrementAndGet()
        }
    }

    fun send(signal: Signal) {
        signals.trySend(signal)
    }
}

private class Ears(scope: CoroutineScope, shared: SharedListener, before: suspend () -> Unit = {}) {
    private val heard = Channel<Signal>(Channel.UNLIMITED)
    private val listening: Job = scope.launch(Dispatchers.Default) {
        shared.listen().collect {
            before()
            heard.send(it)
        }
    }

    suspend fun next(): Signal = withTimeout(15.seconds) { heard.receive() }

    suspend fun leave() = listening.cancelAndJoin()
}

private fun event(number: Int) = Signal.Received(QueueEvent.HealthCheck(UUID(0, number.toLong()), Instant.DISTANT_PAST))

private val Signal.id: Int?
    get() = ((this as? Signal.Received)?.event as? QueueEvent.HealthCheck)?.id?.leastSignificantBits?.toInt()
