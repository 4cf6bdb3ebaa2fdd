package io.pgqueuer.memory

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.read.ListAppender
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.SchemaException
import io.pgqueuer.port.Signal
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import org.slf4j.LoggerFactory
import kotlin.time.Duration.Companion.days
import kotlin.time.Instant

class InMemoryBackendSpec : FunSpec({
    test("a reset forgets jobs, keys, log, ids, time and an uninstall") {
        val backend = inMemoryBackend()
        runTest {
            testScheduler.advanceTimeBy(1.days)
            backend.queue.enqueue("e") { dedupeKey = "k" }
            backend.schema.uninstall()
        }
        backend.reset()
        runTest {
            backend.insights.queueSize().shouldBeEmpty()
            backend.insights.log(JobId(1)).shouldBeEmpty()
            val id = backend.queue.enqueue("e") { dedupeKey = "k" }
            id shouldBe JobId(1)
            backend.insights.job(id).shouldNotBeNull().created shouldBe Instant.fromEpochSeconds(0)
        }
    }

    test("after an uninstall every operation names the fix, and an install starts from empty") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("e")
        backend.schema.uninstall()
        shouldThrow<SchemaException> { backend.schema.verify() }.message shouldBe
            "the queue in memory was uninstalled; call schema.install() to have it again"
        shouldThrow<SchemaException> { backend.queue.enqueue("e") }
        backend.schema.install()
        backend.schema.verify()
        backend.insights.job(JobId(1)).shouldBeNull()
        backend.queue.enqueue("e") shouldBe JobId(1)
    }

    test("a second install keeps the jobs") {
        val backend = inMemoryBackend()
        val id = backend.queue.enqueue("e")
        backend.schema.install()
        backend.insights.job(id).shouldNotBeNull()
    }

    test("a payload changed after its enqueue is stored as it was") {
        val backend = inMemoryBackend()
        val payload = byteArrayOf(1, 2, 3)
        val id = backend.queue.enqueue("e", payload)
        payload[0] = 9
        backend.insights.job(id).shouldNotBeNull().payload shouldBe byteArrayOf(1, 2, 3)
    }

    test("the start of a backend warns once that it keeps nothing") {
        val logger = LoggerFactory.getLogger(InMemoryBackend::class.java) as Logger
        val appender = ListAppender<ILoggingEvent>().apply { start() }
        logger.level = Level.WARN
        logger.addAppender(appender)
        try {
            inMemoryBackend().queue.enqueue("e")
        } finally {
            logger.detachAppender(appender)
            logger.level = null
        }
        appender.list.map { it.level } shouldContainExactly listOf(Level.WARN)
    }

    test("a listener that runs in the writer's own thread sees the change and may work the queue") {
        runTest {
            val backend = inMemoryBackend()
            val sizes = mutableListOf<Int>()
            val listener = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
                backend.store.notifications.listen().collect { signal ->
                    if (signal is Signal.Received) sizes += backend.insights.queueSize().size
                }
            }
            backend.queue.enqueue("a")
            backend.queue.enqueue("b")
            testScheduler.runCurrent()
            listener.cancelAndJoin()
            sizes.last() shouldBe 2
            sizes.size shouldBe 2
        }
    }

    test("a loop over operations lets other coroutines run") {
        runTest {
            val backend = inMemoryBackend()
            var others = 0
            val other = launch {
                while (true) {
                    others++
                    backend.insights.queueSize()
                }
            }
            repeat(10) { backend.queue.enqueue("e") }
            other.cancelAndJoin()
            (others >= 9) shouldBe true
        }
    }

    test("a cancelled caller changes nothing") {
        runTest {
            val backend = inMemoryBackend()
            val producer = launch { backend.queue.enqueue("e") }
            testScheduler.runCurrent()
            val late = launch {
                cancel()
                backend.queue.enqueue("late")
            }
            late.join()
            producer.join()
            backend.insights.queueSize().map { it.entrypoint } shouldContainExactly listOf("e")
        }
    }
})
