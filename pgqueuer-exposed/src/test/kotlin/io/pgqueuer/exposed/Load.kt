package io.pgqueuer.exposed

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backend
import io.pgqueuer.JobId
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import org.slf4j.LoggerFactory
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/**
 * Two producers on the first of [clients], and a worker on each of the others, which go on by themselves when something
 * fails. Every acknowledged job runs, every acknowledged outcome is there, and no job has two handlers at once.
 */
internal class Load(
    clients: List<PostgresBackend>,
) {
    private val producing = clients.first()
    private val working = clients.drop(1)
    private val acknowledged = ConcurrentHashMap.newKeySet<JobId>()
    private val ran = ConcurrentHashMap.newKeySet<JobId>()
    private val startsOfLong = ConcurrentHashMap<JobId, AtomicInteger>()
    private val running = ConcurrentHashMap<JobId, AtomicInteger>()
    private val limited = AtomicInteger()
    private val mostLimited = AtomicInteger()

    /** The jobs that had two handlers at once. */
    private val twice = ConcurrentHashMap.newKeySet<JobId>()
    private val longMayEnd = CompletableDeferred<Unit>()

    /**
     * @param claimsSurvive whether [failing] undoes no claim that was acknowledged.
     * @param after the database to look at once [failing] has returned.
     * @param failing makes something fail while all run, and returns when it is over.
     */
    suspend fun run(claimsSurvive: Boolean, after: PostgresDatabase, failing: suspend () -> Unit) = coroutineScope {
        producing.schema.install()
        val long = List(LONG) { producing.queue.enqueue("long") }
        val workers = working.map(::worker)
        val reports = workers.map { async(Dispatchers.Default) { it.run(OPTIONS) } }
        val producers = List(2) { number ->
            launch(Dispatchers.Default) { while (isActive) produce(if (number == 0) "e" else "limited") }
        }
        soon { (startsOfLong.size == LONG && ran.size >= 200) shouldBe true }

        failing()
        val known = acknowledged.toSet()
        val goesOn = measureTime {
            withTimeout(GOES_ON_WITHIN) {
                while (ran.none { it in acknowledged && it !in known }) delay(10.milliseconds)
            }
        }
        log.info("the first job was enqueued and ran {} after the failure", goesOn)
        val more = acknowledged.size + 300
        soon { acknowledged.size shouldBeGreaterThanOrEqual more }
        producers.forEach { it.cancel() }
        producers.forEach { it.join() }
        longMayEnd.complete(Unit)
        // A claim whose answer was lost is found when its lease has expired.
        eventually(30.seconds) { after.text("SELECT count(*) FROM pgqueuer") shouldBe "0" }
        workers.forEach { it.shutdown() }

        val succeeded = reports.awaitAll().sumOf { it.succeeded }
        val logged = after.texts("SELECT job_id FROM pgqueuer_log WHERE status = 'successful'")
            .map { JobId(checkNotNull(it).toLong()) }
        logged shouldContainAll acknowledged
        logged shouldContainAll long
        ran shouldContainAll acknowledged
        logged shouldContainAll ran
        logged.toSet().size shouldBe logged.size
        if (claimsSurvive) {
            succeeded shouldBe logged.size.toLong()
            mostLimited.get() shouldBeLessThanOrEqual LIMIT
        } else {
            // A claim that the failover undid runs again elsewhere: both workers then count that job.
            succeeded shouldBeGreaterThanOrEqual logged.size.toLong()
        }
        after.texts("SELECT job_id FROM pgqueuer_log WHERE status IN ('exception', 'failed')").shouldBeEmpty()
        twice.shouldBeEmpty()
        startsOfLong.filterValues { it.get() > 1 }.shouldBeEmpty()
    }

    private fun worker(backend: Backend) = backend.worker {
        entrypoint("e") { job ->
            alone(job.id) { delay(20.milliseconds) }
            ran += job.id
        }
        entrypoint("limited", { concurrencyLimit = LIMIT }) { job ->
            mostLimited.accumulateAndGet(limited.incrementAndGet(), ::maxOf)
            try {
                alone(job.id) { delay(5.milliseconds) }
            } finally {
                limited.decrementAndGet()
            }
            ran += job.id
        }
        entrypoint("long") { job ->
            startsOfLong.computeIfAbsent(job.id) { AtomicInteger() }.incrementAndGet()
            alone(job.id) { longMayEnd.await() }
        }
    }

    private suspend fun alone(id: JobId, block: suspend () -> Unit) {
        val handlers = running.computeIfAbsent(id) { AtomicInteger() }
        if (handlers.incrementAndGet() > 1) twice += id
        try {
            block()
        } finally {
            handlers.decrementAndGet()
        }
    }

    private suspend fun produce(entrypoint: String) {
        try {
            acknowledged += producing.queue.enqueue(entrypoint)
            delay(5.milliseconds)
        } catch (_: StoreUnavailableException) {
            delay(50.milliseconds)
        }
    }

    private companion object {
        const val LONG = 5
        const val LIMIT = 3

        /** How long after the failure the first enqueue must be acknowledged and its job have run. */
        val GOES_ON_WITHIN = 10.seconds

        val OPTIONS = RunOptions {
            heartbeatTimeout = 10.seconds
            dequeueTimeout = 1.seconds
            maxConcurrentTasks = 50
        }
        val log = LoggerFactory.getLogger(Load::class.java)
    }
}
