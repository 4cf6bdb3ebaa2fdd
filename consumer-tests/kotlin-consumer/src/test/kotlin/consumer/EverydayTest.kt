package consumer

import io.pgqueuer.*
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Everyday work needs one package and the factory of a backend, and no opt-in. */
class EverydayTest {
    private fun worker(backend: Backend): Worker = backend.worker {
        resources { put("sender@example.org") }
        intercept { _, next -> next() }
        entrypoint("mail", { concurrencyLimit = 5; timeout = 30.seconds; retry = RetryPolicy.exponential(3) }) { job ->
            check(resource<String>() == "sender@example.org" && attempt == 1)
            queue.enqueue("receipt", job.payload) { priority = job.priority + 1 }
        }
        blockingEntrypoint("receipt", { onFailure = OnFailure.HOLD }) { check(it.headers == headersOf("tenant" to "a")) }
        schedule("report", "0 2 * * *", { cleanOld = true }) { queue.enqueue("receipt") }
    }

    @Test
    fun `jobs are enqueued, run and awaited`() = runTest {
        val backend = inMemoryBackend { interceptEnqueue { job -> job.with { header("tenant", "a") } } }

        val id = backend.queue.enqueue("mail", "ann".encodeToByteArray()) { delay = 1.minutes }
        val report: RunReport = worker(backend).run { mode = RunMode.DRAIN }

        assertEquals(2, report.succeeded)
        backend.completionWatcher(backgroundScope) { coalesce = 10.milliseconds }.use { watcher ->
            assertEquals(JobStatus.SUCCESSFUL, watcher.awaitCompletion(id))
        }
        assertEquals(listOf("report"), backend.schedules.list().map { it.name })
    }

    @Test
    fun `jobs are consumed, counted and cleared`() = runTest {
        val backend = inMemoryBackend()
        val job = NewJob("order") { dedupeKey = "order 1" }
        backend.queue.enqueue(job, OnConflict.SKIP)
        assertEquals(null, backend.queue.enqueue(job, OnConflict.SKIP))

        val delivery: Delivery = backend.queue.consume("order") { heartbeatTimeout = 10.seconds }.first()

        assertEquals("order", delivery.job.entrypoint)
        assertEquals(1, backend.insights.queueSize().single().count)
        assertEquals(1, backend.queue.clear("order"))
    }
}
