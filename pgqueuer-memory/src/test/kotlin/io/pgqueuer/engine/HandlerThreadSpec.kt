package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.JobContext
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.WorkerEvent
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.delay
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import org.slf4j.MDC
import java.net.URLClassLoader
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds

/** What a handler leaves on its thread must not reach the next one. */
class HandlerThreadSpec : FunSpec({
    test("blocking handlers find their thread clean, whatever the one before left on it") {
        assertInnocentsSucceed(Dispatchers.Default) {
            blockingEntrypoint("stains") { stain() }
            blockingEntrypoint("innocent", { onFailure = OnFailure.HOLD }) {
                assertClean()
                block()
            }
        }
    }

    listOf(1, 2).forEach { threads ->
        test("suspending handlers find each of $threads threads clean when they start and when they go on") {
            Executors.newFixedThreadPool(threads).asCoroutineDispatcher().use { dispatcher ->
                assertInnocentsSucceed(dispatcher) {
                    entrypoint("stains") {
                        stain()
                        yield()
                        assertClean()
                        stain()
                        delay(1.milliseconds)
                        stain()
                    }
                    entrypoint("innocent", { onFailure = OnFailure.HOLD }) {
                        assertClean()
                        block()
                        yield()
                        assertClean()
                        block()
                        runInterruptible(Dispatchers.IO) { block() }
                        assertClean()
                        delay(1.milliseconds)
                        assertClean()
                        block()
                    }
                }
            }
        }
    }

    test("handlers on the default threads find them clean") {
        assertInnocentsSucceed(null) {
            entrypoint("stains") {
                stain()
                yield()
                stain()
            }
            entrypoint("innocent", { onFailure = OnFailure.HOLD }) {
                assertClean()
                block()
                yield()
                assertClean()
                block()
            }
        }
    }

    test("jobs' handlers and observers have the class loader of whoever runs the worker") {
        val loader = URLClassLoader(emptyArray(), null)
        val backend = inMemoryBackend()
        backend.queue.enqueueAll(listOf(NewJob("blocking"), NewJob("suspending")))
        val seen = mutableListOf<ClassLoader?>()
        val worker = backend.worker {
            blockingEntrypoint("blocking") { synchronized(seen) { seen += Thread.currentThread().contextClassLoader } }
            entrypoint("suspending") {
                yield()
                synchronized(seen) { seen += Thread.currentThread().contextClassLoader }
            }
            observe {
                if (it is WorkerEvent.JobEnded) synchronized(seen) { seen += Thread.currentThread().contextClassLoader }
            }
        }
        Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { caller ->
            withContext(caller) {
                Thread.currentThread().contextClassLoader = loader
                worker.run(DRAIN)
            }
        }
        seen shouldBe listOf(loader, loader, loader, loader)
    }

    test("a context without a dispatcher leaves handlers on the default threads, not on the caller's") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("e")
        var thread = ""
        val worker = backend.worker { entrypoint("e") { thread = Thread.currentThread().name } }
        Executors.newSingleThreadExecutor { Thread(it, "caller") }.asCoroutineDispatcher().use { caller ->
            withContext(caller) { worker.run(DRAIN.with { handlerContext = CoroutineName("mine") }) }
        }
        thread shouldStartWith "DefaultDispatcher"
    }

    listOf(Job() to "must not have a Job", Dispatchers.Unconfined to "must not be Dispatchers.Unconfined")
        .forEach { (context, message) ->
            test("a context for handlers $message") {
                val backend = inMemoryBackend()
                backend.queue.enqueue("e")
                val worker = backend.worker { entrypoint("e") {} }
                shouldThrow<IllegalArgumentException> { worker.run(DRAIN.with { handlerContext = context }) }
                    .message shouldContain message
                backend.insights.queueSize().single().count shouldBe 1
            }
        }
})

private const val JOBS = 200

private suspend fun assertInnocentsSucceed(handlers: CoroutineDispatcher?, register: WorkerBuilder.() -> Unit) {
    val backend = inMemoryBackend()
    backend.queue.enqueueAll(List(JOBS) { listOf(NewJob("stains"), NewJob("innocent")) }.flatten())
    val report = backend.worker(register).run(
        DRAIN.with {
            handlerContext = handlers
            maxConcurrentTasks = 100
        },
    )
    backend.queue.heldJobs().map { it.failure?.stackTrace }.shouldBeEmpty()
    report.succeeded shouldBe 2L * JOBS
}

private fun stain() {
    Thread.currentThread().interrupt()
    Thread.currentThread().contextClassLoader = null
    MDC.put("stain", "of another job")
}

private fun JobContext.assertClean() {
    check(!Thread.currentThread().isInterrupted) { "interrupted" }
    checkNotNull(Thread.currentThread().contextClassLoader) { "no class loader" }
    check(MDC.get("stain") == null) { "a stained logging context" }
    check(MDC.get("jobId") == "${job.id}") { "the logging context of job ${MDC.get("jobId")}" }
}

/** Fails if the thread is interrupted. */
private fun block() {
    CountDownLatch(1).await(1, TimeUnit.MICROSECONDS)
}
