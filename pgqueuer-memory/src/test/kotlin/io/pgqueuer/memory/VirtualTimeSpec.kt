package io.pgqueuer.memory

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.WorkerId
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import java.util.UUID
import java.util.function.LongSupplier
import kotlin.time.Clock
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

private val epoch = Instant.fromEpochSeconds(0)

private suspend fun InMemoryBackend.now() = store.runtime(currentCoroutineContext()).clock.now()

private suspend fun InMemoryBackend.claimed() = store.jobs.claim(
    ClaimRequest(WorkerId(UUID(0, 1)), listOf(ClaimTarget("e")), limit = 10, leaseTimeout = 30.seconds, maxRescues = 3),
).jobs

class VirtualTimeSpec : FunSpec({
    test("under runTest a job due in three days is claimed at that virtual moment, and not before") {
        runTest {
            val backend = inMemoryBackend()
            backend.queue.enqueue("e") { delay = 3.days }
            delay(3.days - 1.seconds)
            backend.claimed().shouldBeEmpty()
            delay(1.seconds)
            backend.claimed().single().job.updated shouldBe epoch + 3.days
            backend.now() shouldBe epoch + 3.days
        }
    }

    test("another dispatcher inside runTest keeps the virtual time") {
        runTest {
            val backend = inMemoryBackend()
            delay(1.hours)
            val id = withContext(Dispatchers.Default) { backend.queue.enqueue("e") }
            backend.insights.job(id).shouldNotBeNull().created shouldBe epoch + 1.hours
        }
    }

    test("time goes on where it was when the backend is used in a second runTest") {
        val backend = inMemoryBackend()
        runTest {
            backend.queue.enqueue("e") { delay = 2.hours }
            delay(1.hours)
            backend.claimed().shouldBeEmpty()
        }
        runTest {
            backend.claimed().shouldBeEmpty()
            delay(59.minutes)
            backend.claimed().shouldBeEmpty()
            delay(1.minutes)
            backend.claimed().single().job.updated shouldBe epoch + 2.hours
        }
    }

    test("time neither jumps nor goes backward when an operation from outside comes between") {
        val backend = inMemoryBackend()
        runTest {
            backend.queue.enqueue("e") { delay = 365.days }
            delay(1.days)
            backend.claimed().shouldBeEmpty()
        }
        runBlocking { backend.claimed().shouldBeEmpty() }
        val between = backend.now()
        between shouldBeGreaterThanOrEqualTo epoch + 1.days
        runTest {
            backend.queue.enqueue("e") { delay = 365.days }
            backend.now() shouldBeGreaterThanOrEqualTo between
            backend.claimed().shouldBeEmpty()
        }
    }

    test("a given clock wins over the virtual time") {
        var now = epoch + 7.days
        val backend = inMemoryBackend(
            object : Clock {
                override fun now() = now
            },
        )
        runTest {
            backend.queue.enqueue("e") { delay = 1.hours }
            delay(2.hours)
            backend.claimed().shouldBeEmpty()
            now += 1.hours
            backend.claimed().single().job.created shouldBe epoch + 7.days
        }
    }

    test("without a test scheduler the clock is the system's") {
        val backend = inMemoryBackend()
        val before = Clock.System.now()
        val created = backend.insights.job(backend.queue.enqueue("e")).shouldNotBeNull().created
        (created in before..Clock.System.now()) shouldBe true
    }

    test("the backend works without kotlinx-coroutines-test on the class path") {
        val classPath = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val urls = classPath.split(File.pathSeparator)
            .filterNot { "kotlinx-coroutines-test" in it }
            .map { Path.of(it).toUri().toURL() }
        URLClassLoader(urls.toTypedArray(), ClassLoader.getPlatformClassLoader()).use { loader ->
            shouldThrow<ClassNotFoundException> { loader.loadClass("kotlinx.coroutines.test.TestCoroutineScheduler") }
            val round = loader.loadClass(EnqueueAndClaim::class.java.name).getDeclaredConstructor().newInstance()
            (round as LongSupplier).asLong shouldBe 1L
        }
    }
})

class EnqueueAndClaim : LongSupplier {
    override fun getAsLong(): Long = runBlocking {
        val backend = inMemoryBackend()
        backend.queue.enqueue("e")
        backend.claimed().single().job.id.value
    }
}
