package io.pgqueuer.exposed

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.longs.shouldBeGreaterThanOrEqual
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.Backend
import io.pgqueuer.JobId
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
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
 * A primary and a synchronous standby, both named to the clients: workers and producers follow a failover by themselves.
 * Every acknowledged job runs, every acknowledged outcome is there, and no job has two handlers at once.
 */
class FailoverSpec : FunSpec({
    test("the primary is killed and its standby promoted") {
        failover {
            killOld()
            promoteNew()
        }
    }

    test("the primary stays up and becomes read-only, and its standby is promoted") {
        failover {
            makeOldReadOnly()
            promoteNew()
        }
    }
})

/** How long after the promotion the first enqueue must be acknowledged and its job have run. */
private val GOES_ON_WITHIN = 10.seconds

private val options = RunOptions {
    heartbeatTimeout = 10.seconds
    dequeueTimeout = 1.seconds
    maxConcurrentTasks = 50
}

private suspend fun failover(fail: suspend ServerPair.() -> Unit) = ServerPair.start().use { servers ->
    val clients = List(3) { postgresBackend(servers.settings.with { connectTimeout = 2.seconds }) }
    try {
        Load(clients).run(servers, fail)
    } finally {
        clients.forEach { it.close() }
    }
}

/** Two workers and two producers. */
private class Load(
    clients: List<PostgresBackend>,
) {
    private val producing = clients.first()
    private val working = clients.drop(1)
    private val acknowledged = ConcurrentHashMap.newKeySet<JobId>()
    private val ran = ConcurrentHashMap.newKeySet<JobId>()
    private val startsOfLong = ConcurrentHashMap<JobId, AtomicInteger>()
    private val running = ConcurrentHashMap<JobId, AtomicInteger>()

    /** The jobs that had two handlers at once. */
    private val twice = ConcurrentHashMap.newKeySet<JobId>()
    private val longMayEnd = CompletableDeferred<Unit>()

    suspend fun run(servers: ServerPair, fail: suspend ServerPair.() -> Unit) = coroutineScope {
        producing.schema.install()
        val long = List(LONG) { producing.queue.enqueue("long") }
        val workers = working.map(::worker)
        val reports = workers.map { async(Dispatchers.Default) { it.run(options) } }
        val producers = List(2) { launch(Dispatchers.Default) { while (isActive) produce() } }
        soon { (startsOfLong.size == LONG && ran.size >= 200) shouldBe true }
        // A claim need not survive: but those of the long jobs are to be on the standby.
        awaitReplicated(servers)

        servers.fail()
        val known = acknowledged.toSet()
        val goesOn = measureTime {
            withTimeout(GOES_ON_WITHIN) {
                while (ran.none { it in acknowledged && it !in known }) delay(10.milliseconds)
            }
        }
        log.info("the first job was enqueued and ran {} after the promotion", goesOn)
        val more = acknowledged.size + 300
        soon { (acknowledged.size >= more) shouldBe true }
        producers.forEach { it.cancel() }
        producers.forEach { it.join() }
        longMayEnd.complete(Unit)
        // A claim whose answer was lost is found when its lease has expired.
        eventually(30.seconds) { servers.new.text("SELECT count(*) FROM pgqueuer") shouldBe "0" }
        workers.forEach { it.shutdown() }

        val succeeded = reports.awaitAll().sumOf { it.succeeded }
        val logged = servers.new.texts("SELECT job_id FROM pgqueuer_log WHERE status = 'successful'")
            .map { JobId(checkNotNull(it).toLong()) }
        logged shouldContainAll acknowledged
        logged shouldContainAll long
        ran shouldContainAll acknowledged
        logged shouldContainAll ran
        logged.toSet().size shouldBe logged.size
        // A claim that the failover undid runs again elsewhere: both workers then count that job.
        succeeded shouldBeGreaterThanOrEqual logged.size.toLong()
        servers.new.texts("SELECT job_id FROM pgqueuer_log WHERE status IN ('exception', 'failed')").shouldBeEmpty()
        twice.shouldBeEmpty()
        startsOfLong.filterValues { it.get() > 1 }.shouldBeEmpty()
    }

    private fun worker(backend: Backend) = backend.worker {
        entrypoint("e") { job ->
            alone(job.id) { delay(20.milliseconds) }
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

    private suspend fun produce() {
        try {
            acknowledged += producing.queue.enqueue("e")
            delay(3.milliseconds)
        } catch (_: StoreUnavailableException) {
            delay(50.milliseconds)
        }
    }

    private suspend fun awaitReplicated(servers: ServerPair) {
        val written = servers.old.text("SELECT pg_current_wal_insert_lsn()")
        soon { servers.old.text("SELECT replay_lsn >= '$written' FROM pg_stat_replication") shouldBe "t" }
    }

    private companion object {
        const val LONG = 5
        val log = LoggerFactory.getLogger(FailoverSpec::class.java)
    }
}
