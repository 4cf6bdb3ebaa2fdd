package io.pgqueuer.exposed

import com.zaxxer.hikari.HikariDataSource
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.conformance.Stress
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/**
 * Workers are started and shut down again and again, on real threads, more of them than cores, while the network to
 * the server delays, freezes or cuts. Some handlers block in JDBC.
 */
class ShutdownStressSpec : FunSpec({
    val cores = Runtime.getRuntime().availableProcessors()
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val ownPool = lazy {
        HikariDataSource().apply {
            jdbcUrl = database.jdbcUrl
            maximumPoolSize = 8
        }
    }
    val threads = Executors.newFixedThreadPool(4 * cores) { Thread(it).apply { isDaemon = true } }
    val dispatcher = threads.asCoroutineDispatcher()
    beforeSpec {
        backend.schema.install()
        database.execute("CREATE TABLE effects (job_id bigint NOT NULL)")
    }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log, effects") }
    afterSpec {
        threads.shutdownNow()
        backend.close()
        if (ownPool.isInitialized()) ownPool.value.close()
    }

    /** The jobs whose handlers came to their end. */
    val completed = ConcurrentHashMap<JobId, AtomicInteger>()

    fun worker(on: PostgresBackend, onBegun: () -> Unit) = on.worker {
        entrypoint("suspending") { job ->
            onBegun()
            delay(2.milliseconds)
            completed.computeIfAbsent(job.id) { AtomicInteger() }.incrementAndGet()
        }
        blockingEntrypoint("blocking") { job ->
            onBegun()
            ownPool.value.connection.use { it.execute("INSERT INTO effects SELECT ${job.id} FROM pg_sleep(0.005)") }
            completed.computeIfAbsent(job.id) { AtomicInteger() }.incrementAndGet()
        }
    }

    val options = RunOptions {
        heartbeatTimeout = 3.seconds
        dequeueTimeout = 100.milliseconds
        shutdownTimeout = 5.seconds
        handlerContext = dispatcher
    }

    /** Starts a worker behind [network], and shuts it down while [fault] happens. */
    suspend fun cycle(random: Random, network: PortForward, fault: PortForward.() -> Unit) {
        backend.queue.enqueueAll(List(12) { NewJob(if (it % 2 == 0) "suspending" else "blocking") })
        val begun = CountDownLatch(1 + random.nextInt(8))
        val settings = database.settings().with {
            hosts = listOf(PostgresHost("localhost", network.port))
            connectTimeout = 2.seconds
        }
        postgresBackend(settings).use { through ->
            val worker = worker(through, begun::countDown)
            coroutineScope {
                val run = launch(dispatcher) { worker.run(options) }
                begun.await(1, TimeUnit.MINUTES) shouldBe true
                val faultFirst = random.nextBoolean()
                if (faultFirst) network.fault()
                worker.shutdown()
                if (!faultFirst) network.fault()
                measureTime { run.join() } shouldBeLessThan options.shutdownTimeout + 15.seconds
            }
        }
        network.delay = Duration.ZERO
        network.thaw()
        network.cut()
    }

    /** What became of the jobs so far agrees with what their handlers did. */
    fun check() {
        val successful = database.texts("SELECT job_id FROM pgqueuer_log WHERE status = 'successful'")
            .map { JobId(checkNotNull(it).toLong()) }
        withClue("ended twice") { (successful - successful.toSet()).shouldBeEmpty() }
        withClue("ran to the end, and were not written") { (completed.keys - successful.toSet()).shouldBeEmpty() }
        withClue("written without a run") { (successful.toSet() - completed.keys).shouldBeEmpty() }
        withClue("ran twice") { completed.filterValues { it.get() > 1 }.keys.shouldBeEmpty() }
    }

    /** Runs what is left, of which the leases of lost claims must expire first. */
    suspend fun finish() {
        soon {
            worker(backend) {}.run(options.with { mode = RunMode.DRAIN })
            database.text("SELECT count(*) FROM pgqueuer") shouldBe "0"
        }
        check()
        database.text("SELECT count(DISTINCT job_id) = count(*) FROM effects") shouldBe "t"
    }

    test("every outcome is written, whatever the network does when a worker is shut down") {
        completed.clear()
        PortForward(target = database.port).use { network ->
            Stress.cycles(30) { seed ->
                val random = Random(seed)
                val fault: Pair<String, PortForward.() -> Unit> = when (random.nextInt(16)) {
                    0 -> "goes silent on open connections" to { freezeOpen() }
                    1 -> "loses answers" to { freezeReplies() }
                    in 2..6 -> "cuts" to { cut() }
                    in 7..11 -> "delays" to { delay = random.nextInt(1, 50).milliseconds }
                    else -> "works" to {}
                }
                withClue("the network ${fault.first}") {
                    cycle(random, network, fault.second)
                    check()
                }
            }
        }
        finish()
    }

    test("every outcome is written while the shared threads of the process are all taken") {
        completed.clear()
        val release = CountDownLatch(1)
        // More than the default threads, and than those for blocking calls.
        val takers = List(2 * cores) { Dispatchers.Default } +
            List(64) { Dispatchers.IO }
        val spinning = List(2 * cores) {
            thread(isDaemon = true) { while (!Thread.currentThread().isInterrupted) Thread.onSpinWait() }
        }
        coroutineScope {
            takers.forEach { launch(it) { release.await() } }
            try {
                PortForward(target = database.port).use { network ->
                    Stress.cycles(10) { seed ->
                        cycle(Random(seed), network) {}
                        check()
                    }
                }
            } finally {
                release.countDown()
                spinning.forEach(Thread::interrupt)
            }
        }
        finish()
    }
})
