package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.BackendExtension
import io.pgqueuer.JobInterceptor
import io.pgqueuer.NewJob
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asContextElement
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.slf4j.MDC
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.Duration.Companion.milliseconds

/** Jobs with blocking handlers share coroutines. Nothing of one job may reach the next one in its coroutine. */
class SharedCoroutineSpec : FunSpec({
    /**
     * Runs [JOBS] jobs, each of them once, and returns their coroutines.
     *
     * @param caller the context of the worker's caller. That of a test is not used: it sets what belongs to a thread.
     * @param afterHandler runs in the coroutine of each job, after its handler.
     */
    fun coroutines(
        caller: CoroutineContext = EmptyCoroutineContext,
        afterHandler: suspend CoroutineScope.(StoredJob) -> Unit = {},
        register: WorkerBuilder.() -> Unit,
    ): Set<Job> = runBlocking(caller) {
        val coroutines = ConcurrentHashMap.newKeySet<Job>()
        val backend = inMemoryBackend {
            install(
                object : BackendExtension {
                    override val jobInterceptor = JobInterceptor { context, next ->
                        coroutines += currentCoroutineContext().job
                        next()
                        CoroutineScope(currentCoroutineContext()).afterHandler(context.job)
                    }
                },
            )
        }
        backend.queue.enqueueAll(List(JOBS) { NewJob("e") })
        val report = backend.worker(register).run(DRAIN)
        report.run { succeeded to released } shouldBe (JOBS.toLong() to 0L)
        coroutines
    }

    test("jobs with blocking handlers share few coroutines") {
        coroutines { blockingEntrypoint("e") { } }.size shouldBeLessThan JOBS / 2
    }

    test("a job with a suspending handler has a coroutine of its own") {
        coroutines { entrypoint("e") { } } shouldHaveSize JOBS
    }

    test("each job has its own logging context, whatever the one before has put into it") {
        val seen = ConcurrentHashMap<String, Map<String, String>>()
        coroutines {
            blockingEntrypoint("e") {
                seen["${it.id}"] = MDC.getCopyOfContextMap()
                MDC.put("left", "${it.id}")
                MDC.remove("jobId")
            }
        }
        seen.size shouldBe JOBS
        seen.forEach { (id, fields) ->
            fields.keys to fields["jobId"] shouldBe (setOf("entrypoint", "jobId", "workerId") to id)
        }
    }

    test("a coroutine that was cancelled runs no other job") {
        coroutines(afterHandler = { if (it.id.value % 10 == 0L) cancel() }) { blockingEntrypoint("e") { } }
    }

    test("what a job has left running in its coroutine does not cancel the jobs after it") {
        coroutines(
            afterHandler = {
                val coroutine = coroutineContext.job
                if (it.id.value % 10 == 0L) {
                    launch {
                        delay(10.milliseconds)
                        coroutine.cancel()
                    }
                }
            },
        ) { blockingEntrypoint("e") { Thread.sleep(20) } }
    }

    test("a context of the caller that sets what belongs to a thread sets it for each job") {
        val local = ThreadLocal<String>()
        val seen = ConcurrentHashMap.newKeySet<String>()
        coroutines(local.asContextElement("clean")) {
            blockingEntrypoint("e") {
                seen += local.get()
                local.set("stained")
            }
        } shouldHaveSize JOBS
        seen shouldBe setOf("clean")
    }
})

private const val JOBS = 200
