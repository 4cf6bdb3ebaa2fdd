package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.pgqueuer.RunOptions
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Store
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The workers of several processes find each other through PostgreSQL. See FewWakeUpsSpec for the details. */
class FewWakeUpsOnPostgresSpec : FunSpec({
    val workers = 8
    val database = TestPostgres.newDatabase()
    val producer = database.backend()
    beforeSpec { producer.schema.install() }
    afterSpec { producer.close() }

    /** Runs [body] while workers, each on a backend of its own, send the ids of jobs that they run to the channel. */
    suspend fun working(body: suspend (stores: List<CountingStore>, started: Channel<Long>) -> Unit) = coroutineScope {
        val stores = List(workers) { CountingStore(database.backend { applicationName = "few" }.store) }
        val started = Channel<Long>(Channel.UNLIMITED)
        val crew = stores.map { StoreBackend(it).worker { entrypoint("e") { job -> started.send(job.id.value) } } }
        val runs = crew.map { launch(Dispatchers.Default) { it.run(RunOptions { dequeueTimeout = 1.hours }) } }
        crew.forEach { worker -> soon { check(worker.listenerHealthy(1.seconds)) } }
        body(stores, started)
        crew.forEach { it.shutdown() }
        runs.joinAll()
        stores.forEach { it.close() }
    }

    suspend fun Channel<Long>.next() = withTimeout(15.seconds) { receive() }

    test("of 8 idle workers in 8 processes, hardly more than one claims each job") {
        working { stores, started ->
            // A busy machine may be so slow that patient workers claim, too.
            soon {
                val before = stores.sumOf { it.claims.get() }
                repeat(10) {
                    producer.queue.enqueue("e")
                    started.next()
                    delay(50.milliseconds)
                }
                stores.sumOf { it.claims.get() } - before shouldBeLessThanOrEqual 20
            }
        }
    }

    test("jobs start although the listeners lose their connections again and again") {
        working { _, started ->
            repeat(20) {
                producer.queue.enqueue("e")
                if (it % 4 == 3) database.texts(END_LISTENERS)
                started.next()
            }
        }
    }
})

private class CountingStore(
    private val real: Store,
) : Store by real {
    val claims = AtomicInteger()

    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun claim(request: ClaimRequest): ClaimBatch {
            claims.incrementAndGet()
            return real.jobs.claim(request)
        }
    }
}

private const val END_LISTENERS =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'few' " +
        "AND query LIKE 'LISTEN%' AND datname = current_database()"
