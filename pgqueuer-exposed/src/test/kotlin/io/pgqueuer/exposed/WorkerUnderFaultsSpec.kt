package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreClosedException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** Whole workers on real PostgreSQL, through networks and tables that misbehave. */
class WorkerUnderFaultsSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val quick = RunOptions {
        heartbeatTimeout = 3.seconds
        dequeueTimeout = 1.seconds
        shutdownTimeout = 2.seconds
    }

    beforeSpec { backend.schema.install() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }
    afterSpec { backend.close() }

    fun PortForward.backend() = postgresBackend(
        database.settings().with {
            hosts = listOf(PostgresHost("localhost", port))
            connectTimeout = 2.seconds
        },
    )

    suspend fun last(id: JobId) = backend.insights.log(id).lastOrNull()?.status

    test("a frozen network: the handler is cancelled in time, another worker has the job alone, a shutdown returns") {
        val id = backend.queue.enqueue("e")
        val running = AtomicInteger()
        val most = AtomicInteger()
        val began = CompletableDeferred<Unit>()
        PortForward(target = database.port).use { network ->
            network.backend().use { cutOff ->
                fun worker(on: PostgresBackend, block: suspend () -> Unit) = on.worker {
                    entrypoint("e", { concurrencyLimit = 1 }) {
                        most.accumulateAndGet(running.incrementAndGet(), ::maxOf)
                        try {
                            block()
                        } finally {
                            running.decrementAndGet()
                        }
                    }
                }
                coroutineScope {
                    val stalled = worker(cutOff) {
                        began.complete(Unit)
                        awaitCancellation()
                    }
                    val run = launch(Dispatchers.Default) { stalled.run(quick) }
                    began.await()
                    network.freezeAll()
                    val other = worker(backend) { delay(500.milliseconds) }
                    val healthy = launch(Dispatchers.Default) { other.run(quick) }
                    soon { last(id) shouldBe JobStatus.SUCCESSFUL }
                    most.get() shouldBe 1
                    stalled.shutdown()
                    measureTime { run.join() } shouldBeLessThan quick.shutdownTimeout + 15.seconds
                    other.shutdown()
                    healthy.join()
                }
            }
        }
    }

    test("connections that go silent while new ones work: a busy worker goes on within about the lease timeout") {
        PortForward(target = database.port).use { network ->
            network.backend().use { through ->
                backend.queue.enqueueAll(List(2_000) { NewJob("e") })
                val ended = AtomicInteger()
                val worker = through.worker {
                    entrypoint("e") {
                        ended.incrementAndGet()
                        delay(1.milliseconds)
                    }
                }
                coroutineScope {
                    val run = async(Dispatchers.Default) {
                        worker.run(
                            quick.with {
                                mode = RunMode.DRAIN
                                batchSize = 10
                                maxConcurrentTasks = 10
                            },
                        )
                    }
                    soon { check(ended.get() > 200) }
                    network.freezeOpen()
                    withTimeout(25.seconds) { run.await() }
                }
                database.text("SELECT count(*) FROM pgqueuer") shouldBe "0"
                database.text("SELECT count(DISTINCT job_id) FROM pgqueuer_log WHERE status = 'successful'") shouldBe
                    "2000"
            }
        }
    }

    test("answers that are lost: what was written counts as written, and runs once") {
        PortForward(target = database.port).use { network ->
            network.backend().use { through ->
                val ids = backend.queue.enqueueAll(List(20) { NewJob("e") })
                val runs = AtomicInteger()
                val go = CompletableDeferred<Unit>()
                val worker = through.worker {
                    entrypoint("e") {
                        runs.incrementAndGet()
                        go.await()
                    }
                }
                coroutineScope {
                    val report = async(Dispatchers.Default) { worker.run(quick.with { mode = RunMode.DRAIN }) }
                    soon { runs.get() shouldBe 20 }
                    network.freezeReplies()
                    go.complete(Unit)
                    withTimeout(25.seconds) { report.await() }.run { succeeded to leasesLost } shouldBe (20L to 0L)
                }
                runs.get() shouldBe 20
                ids.forEach { last(it) shouldBe JobStatus.SUCCESSFUL }
            }
        }
    }

    test("one row that cannot be deleted keeps no other job from ending") {
        val ids = backend.queue.enqueueAll(List(50) { NewJob("e") })
        database.execute("CREATE TABLE note (job bigint REFERENCES pgqueuer (id))")
        database.execute("INSERT INTO note VALUES (${ids[7].value})")
        try {
            val worker = backend.worker { entrypoint("e") { } }
            coroutineScope {
                val run = async(Dispatchers.Default) { worker.run(quick) }
                soon { database.text("SELECT count(*) FROM pgqueuer") shouldBe "1" }
                val more = backend.queue.enqueueAll(List(200) { NewJob("e") })
                soon { database.text("SELECT count(*) FROM pgqueuer") shouldBe "1" }
                last(more.last()) shouldBe JobStatus.SUCCESSFUL
                database.execute("DELETE FROM note")
                soon { last(ids[7]) shouldBe JobStatus.SUCCESSFUL }
                worker.shutdown()
                run.await().run { succeeded to leasesLost } shouldBe (250L to 0L)
            }
        } finally {
            database.execute("DROP TABLE note")
        }
    }

    test("a row that another transaction has locked keeps neither the other jobs nor a shutdown waiting") {
        val ids = backend.queue.enqueueAll(List(20) { NewJob("e") })
        val all = CountDownLatch(20)
        val go = CompletableDeferred<Unit>()
        val worker = backend.worker {
            entrypoint("e") {
                all.countDown()
                go.await()
            }
        }
        coroutineScope {
            val run = launch(Dispatchers.Default) { worker.run(quick) }
            soon { all.count shouldBe 0 }
            database.connect().use { blocker ->
                blocker.autoCommit = false
                blocker.execute("SELECT FROM pgqueuer WHERE id = ${ids[3].value} FOR UPDATE")
                go.complete(Unit)
                soon { database.text("SELECT count(*) FROM pgqueuer") shouldBe "1" }
                worker.shutdown()
                measureTime { run.join() } shouldBeLessThan quick.shutdownTimeout + 15.seconds
                blocker.rollback()
            }
        }
    }

    test("a privilege that is taken away for a while loses no outcome") {
        database.execute("DROP ROLE IF EXISTS worker_of_faults")
        database.execute("CREATE ROLE worker_of_faults LOGIN")
        database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO worker_of_faults")
        database.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO worker_of_faults")
        postgresBackend(database.settings().with { user = "worker_of_faults" }).use { restricted ->
            backend.queue.enqueueAll(List(50) { NewJob("e") })
            val runs = AtomicInteger()
            val go = CompletableDeferred<Unit>()
            val worker = restricted.worker {
                entrypoint("e") {
                    runs.incrementAndGet()
                    go.await()
                }
            }
            coroutineScope {
                val run = async(Dispatchers.Default) { worker.run(quick.with { heartbeatTimeout = 30.seconds }) }
                soon { runs.get() shouldBe 50 }
                database.execute("REVOKE DELETE ON pgqueuer FROM worker_of_faults")
                val mostTries = AtomicInteger()
                val countTries: (String) -> Unit = { message ->
                    TRIES.find(message)?.let { mostTries.accumulateAndGet(it.groupValues[1].toInt(), ::maxOf) }
                }
                watchingLog("io.pgqueuer.engine.settling.SettleRepair", countTries) {
                    go.complete(Unit)
                    // There once was a fixed number of them, after which outcomes were lost.
                    soon { mostTries.get() shouldBeGreaterThan 5 }
                }
                database.text("SELECT count(*) FROM pgqueuer") shouldBe "50"
                database.execute("GRANT DELETE ON pgqueuer TO worker_of_faults")
                soon { database.text("SELECT count(*) FROM pgqueuer") shouldBe "0" }
                worker.shutdown()
                run.await().run { succeeded to leasesLost } shouldBe (50L to 0L)
            }
            runs.get() shouldBe 50
        }
    }

    test("a cancel in one schema stops no handler in another schema of the same database") {
        val here = database.backend { schema = "here" }
        val there = database.backend { schema = "there" }
        here.use {
            there.use {
                listOf(here, there).forEach { it.schema.install() }
                val id = here.queue.enqueue("e")
                there.queue.enqueue("e") shouldBe id
                val canceled = ConcurrentHashMap.newKeySet<String>()
                val began = CountDownLatch(2)
                val go = CompletableDeferred<Unit>()
                fun worker(name: String, on: PostgresBackend) = on.worker {
                    entrypoint("e") {
                        began.countDown()
                        try {
                            go.await()
                        } catch (e: Throwable) {
                            canceled += name
                            throw e
                        }
                    }
                }
                coroutineScope {
                    val drain = quick.with {
                        mode = RunMode.DRAIN
                        heartbeatTimeout = 30.seconds
                    }
                    val runs = listOf("here" to here, "there" to there).map { (name, on) ->
                        async(Dispatchers.Default) { worker(name, on).run(drain) }
                    }
                    soon { began.count shouldBe 0 }
                    here.queue.cancel(listOf(id))
                    soon { canceled shouldContain "here" }
                    go.complete(Unit)
                    runs[0].await().canceled shouldBe 1
                    runs[1].await().succeeded shouldBe 1
                }
                canceled shouldBe setOf("here")
            }
        }
    }

    test("a worker whose backend is closed under it ends with an error that says so") {
        val closing = database.backend()
        val worker = closing.worker { entrypoint("e") { } }
        coroutineScope {
            val run = async(Dispatchers.Default) { runCatching { worker.run(quick) } }
            soon { worker.listenerHealthy() shouldBe true }
            closing.close()
            shouldThrow<StoreClosedException> { withTimeout(20.seconds) { run.await() }.getOrThrow() }
        }
    }
})

private val TRIES = Regex("tried ([0-9]+) times")
