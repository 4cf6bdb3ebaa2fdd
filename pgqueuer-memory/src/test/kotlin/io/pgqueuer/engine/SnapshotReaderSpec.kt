package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.pgqueuer.Backlog
import io.pgqueuer.Insights
import io.pgqueuer.JobStatus
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.Store
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The state of a queue as all who show it share it. */
class SnapshotReaderSpec : FunSpec({
    test("it reads what the queue has, and when") {
        engineTest { backend ->
            backend.queue.enqueue("e")
            delay(7.seconds)
            val reader = backend.snapshotReader(backgroundScope)
            reader.last.shouldBeNull()

            val snapshot = reader.read()

            snapshot.backlog.map { it.entrypoint to it.overdue } shouldContainExactly listOf("e" to 7.seconds)
            snapshot.throughput.map { it.status to it.count } shouldContainExactly listOf(JobStatus.QUEUED to 1L)
            snapshot.workers shouldBe emptyList()
            snapshot.tables.size shouldBe 6
            snapshot.readAt.epochSeconds shouldBe 7
            reader.last shouldBeSameInstanceAs snapshot
            reader.lastFailure.shouldBeNull()
        }
    }

    test("all who ask share the reading that is on its way, and then its result until the interval has passed") {
        engineTest { real ->
            val backend = ReadBackend(real.store, takes = 2.seconds)
            val reader = backend.snapshotReader(backgroundScope, 10.seconds)

            val first = List(50) { async { reader.read() } }.awaitAll().toSet().single()
            delay(9_999.milliseconds)
            reader.read() shouldBeSameInstanceAs first
            backend.readings shouldBe 1
            delay(1.milliseconds)
            reader.age shouldBe 10.seconds
            (reader.read() === first) shouldBe false
            backend.readings shouldBe 2
            reader.age shouldBe Duration.ZERO
        }
    }

    test("a caller that is cancelled does not end the reading of the others") {
        engineTest { real ->
            val backend = ReadBackend(real.store, takes = 2.seconds)
            val reader = backend.snapshotReader(backgroundScope)
            val first = launch { reader.read() }
            delay(1.seconds)
            val second = async { reader.read() }
            delay(1.milliseconds)

            first.cancelAndJoin()

            second.await() shouldBeSameInstanceAs reader.last
            backend.readings shouldBe 1
        }
    }

    test("a failure is thrown to all until the interval has passed; the last good reading stays, and ages") {
        engineTest { real ->
            val backend = ReadBackend(real.store, takes = Duration.ZERO)
            val reader = backend.snapshotReader(backgroundScope, 10.seconds)
            val good = reader.read()
            backend.failure = StoreUnavailableException("away", null)
            delay(10.seconds)

            repeat(3) { shouldThrow<StoreUnavailableException> { reader.read() }.message shouldBe "away" }

            backend.readings shouldBe 2
            reader.last shouldBeSameInstanceAs good
            reader.lastFailure.shouldNotBeNull().run {
                cause.message shouldBe "away"
                at.epochSeconds shouldBe 10
            }
            reader.age shouldBe 10.seconds
            backend.failure = null
            delay(10.seconds)
            reader.age shouldBe 20.seconds
            reader.read().readAt.epochSeconds shouldBe 20
            reader.lastFailure.shouldBeNull()
        }
    }

    test("before the first reading, the age counts from when the reader was made") {
        engineTest { backend ->
            val reader = backend.snapshotReader(backgroundScope)
            delay(5.seconds)
            reader.age shouldBe 5.seconds
        }
    }

    test("once it is closed, or its scope has ended, whoever waits or asks is told so") {
        engineTest { real ->
            val backend = ReadBackend(real.store, takes = 2.seconds)
            val reader = backend.snapshotReader(backgroundScope)
            val waiting = async { runCatching { reader.read() } }
            delay(1.seconds)

            reader.close()

            waiting.await().exceptionOrNull().shouldNotBeNull().message shouldBe
                "the snapshot reader is closed, or its scope has ended"
            shouldThrow<IllegalStateException> { reader.read() }
            val scope = CoroutineScope(coroutineContext + Job())
            val other = backend.snapshotReader(scope)
            scope.cancel()
            shouldThrow<IllegalStateException> { other.read() }.message shouldContain "its scope has ended"
        }
    }

    test("an interval that is too short is refused") {
        engineTest { backend ->
            for (wrong in listOf(99.milliseconds, Duration.ZERO, (-1).seconds, Duration.INFINITE)) {
                shouldThrow<IllegalArgumentException> { backend.snapshotReader(backgroundScope, wrong) }
                    .message shouldBe "interval must be >= 100ms and finite, was $wrong"
            }
        }
    }
})

/** A backend on [real], whose readings take a time and may fail. */
private class ReadBackend private constructor(
    private val reads: ReadStore,
) : StoreBackend(reads) {
    constructor(real: Store, takes: Duration) : this(ReadStore(real, takes))

    val readings get() = reads.readings
    var failure by reads::failure

    private class ReadStore(
        private val real: Store,
        private val takes: Duration,
    ) : Store by real {
        var readings = 0
        var failure: Exception? = null

        override val insights: Insights = object : Insights by real.insights {
            override suspend fun backlog(): List<Backlog> {
                readings++
                delay(takes)
                failure?.let { throw it }
                return real.insights.backlog()
            }
        }
    }
}
