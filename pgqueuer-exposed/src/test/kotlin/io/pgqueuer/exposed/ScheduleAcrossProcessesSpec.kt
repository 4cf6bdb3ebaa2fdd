package io.pgqueuer.exposed

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.pgqueuer.RunOptions
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import java.sql.DriverManager
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * Runs the schedule `tick` each second. `args`: dsn, JDBC URL, and whether to `write` a row for each run, or to `hang` in
 * the first, to be killed there.
 */
internal object ScheduleWorker {
    val OPTIONS = RunOptions { heartbeatTimeout = 1.seconds }

    @JvmStatic
    fun main(args: Array<String>) = runBlocking<Unit> {
        val (dsn, jdbcUrl, mode) = args
        postgresBackend(PostgresSettings.parse(dsn)).use { backend ->
            val worker = backend.worker {
                schedule("tick", "* * * * * *") {
                    if (mode == "hang") {
                        println("running")
                        awaitCancellation()
                    }
                    DriverManager.getConnection(jdbcUrl).use { it.execute("INSERT INTO ticks VALUES ('$dueAt')") }
                }
            }
            worker.run(OPTIONS)
        }
    }
}

class ScheduleAcrossProcessesSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec {
        backend.schema.install()
        // Without a key: a second run for a time must be seen, not refused.
        database.execute("CREATE TABLE ticks (due timestamptz NOT NULL)")
    }
    afterSpec { backend.close() }

    fun worker(mode: String) =
        WorkerProcess.start(ScheduleWorker::class.java.name, database.dsn, database.jdbcUrl, mode)

    test("of several processes one runs a schedule at each of its times") {
        List(3) { worker("write") }.let { workers ->
            try {
                // They start first, which takes long on a machine that is busy.
                eventually(1.minutes) { database.texts("SELECT due FROM ticks").size shouldBeGreaterThanOrEqual 5 }
            } finally {
                workers.forEach(WorkerProcess::close)
            }
        }
        database.texts("SELECT due FROM ticks GROUP BY due HAVING count(*) > 1").shouldBeEmpty()
        database.texts("SELECT due FROM ticks WHERE due <> date_trunc('second', due)").shouldBeEmpty()
    }

    test("the run of a process that was killed is taken over within the heartbeat timeout and a second") {
        backend.schedules.remove(backend.schedules.list().map { it.id })
        val taker = backend.worker { schedule("tick", "* * * * * *") { awaitCancellation() } }
        coroutineScope {
            val (run, killed) = worker("hang").use {
                it.awaitLine("running")
                val run = async(Dispatchers.Default) { taker.run(ScheduleWorker.OPTIONS) }
                // A worker that only waits for a heartbeat to expire must not take what is renewed.
                soon { backend.schedules.list().single().run { heartbeat - updated } shouldBeGreaterThan 2.seconds }
                it.kill()
                run to backend.schedules.list().single()
            }
            val takenOver = soon {
                backend.schedules.list().single().also { it.leaseEpoch shouldBeGreaterThan killed.leaseEpoch }.updated
            }
            takenOver - killed.heartbeat shouldBeLessThan 2.seconds
            repeat(2) { taker.shutdown() }
            run.await()
        }
    }
})
