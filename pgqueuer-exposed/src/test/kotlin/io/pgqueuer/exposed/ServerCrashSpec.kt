package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobStatus
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.test.PostgresDatabase
import io.pgqueuer.test.PostgresFixture
import java.sql.SQLException
import kotlin.time.Duration.Companion.seconds

/** Claims commit asynchronously: a crash of the server undoes the last of them, whose jobs run already. */
class ServerCrashSpec : FunSpec({
    test("the epoch of a lease grows, also when a crash of the server undid the claim before") {
        PostgresFixture.embedded(durable = true).use { fixture ->
            val database = fixture.newDatabase()
            // Nothing reaches the disk by itself for a while.
            database.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            database.execute("SELECT pg_reload_conf()")
            // A claim of schedules waits for the disk, and would take that of the job with it.
            val (schedule, job) = database.backend().use { backend ->
                backend.schema.install()
                backend.queue.enqueue("e")
                backend.store.schedules.register(listOf(DUE), 30.seconds)
                backend.store.schedules.claim(listOf(DUE), 30.seconds).runs.single().lease to
                    backend.claim(ClaimTarget("e")).jobs.single().lease
            }
            database.crashServer()
            database.backend().use { backend ->
                val undone = backend.insights.job(job.jobId)!!
                undone.status shouldBe JobStatus.QUEUED
                undone.leaseEpoch shouldBe 0
                backend.claim(ClaimTarget("e")).jobs.single().lease.epoch shouldBeGreaterThan job.epoch
                // As after a failover that lost the claim.
                database.execute("UPDATE pgqueuer_schedules SET status = 'queued', next_run = now(), lease_epoch = 0")
                backend.store.schedules.claim(listOf(DUE), 30.seconds).runs.single().lease.epoch shouldBeGreaterThan
                    schedule.epoch
            }
        }
    }
})

private val DUE = ScheduleTarget("report", "* * * * *", "UTC", cleanOld = false) { now, _ -> now }

/** Kills one of the server's processes, upon which the server ends all others and recovers from what is on the disk. */
private suspend fun PostgresDatabase.crashServer() {
    val pid = text("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")!!.toLong()
    ProcessHandle.of(pid).orElseThrow().destroyForcibly()
    soon {
        try {
            (text("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")!!.toLong() == pid) shouldBe false
        } catch (e: SQLException) {
            throw AssertionError("the server is not back", e)
        }
    }
}
