package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LeaseLostException
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.hours

/** Cancellations of running jobs, by this library and by Python PgQueuer. */
class CancellationOnPostgresSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()

    // A worker that hears nothing would not stop its handler before the test has failed.
    val drain = RunOptions {
        mode = RunMode.DRAIN
        heartbeatTimeout = 1.hours
    }
    beforeSpec { backend.schema.install() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_log") }
    afterSpec { backend.close() }

    /** Sends the event by which Python cancels jobs that run. */
    fun cancelAsPython(id: JobId) = database.execute(
        """
        SELECT pg_notify('ch_pgqueuer', '{"channel": "ch_pgqueuer", "sent_at": "2026-11-20T14:11:13.330073Z",
            "type": "cancellation_event", "ids": [$id]}')
        """,
    )

    /** Runs a job that never ends by itself while [cancel] is called. Returns the job and the report of its worker. */
    suspend fun PostgresBackend.whileOneRuns(cancel: suspend (JobId) -> Unit): Pair<JobId, RunReport> = coroutineScope {
        val started = CompletableDeferred<Unit>()
        val worker = worker {
            entrypoint("e") {
                started.complete(Unit)
                awaitCancellation()
            }
        }
        val id = queue.enqueue("e")
        val report: Deferred<RunReport> = async { worker.run(drain) }
        started.await()
        // The job may start before the worker listens. Then an event of Python's would be lost.
        soon { worker.listenerHealthy() shouldBe true }
        cancel(id)
        id to report.await()
    }

    test("a job that Python cancels by an event alone is canceled, and recorded by its worker") {
        val (id, report) = backend.whileOneRuns { cancelAsPython(it) }
        report.canceled shouldBe 1
        backend.insights.job(id).shouldBeNull()
        backend.insights.log(id).map { it.status } shouldContainExactly
            listOf(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.CANCELED)
    }

    test("a job that Python 1.3 cancels, whose row is gone, counts as canceled") {
        val (_, report) = backend.whileOneRuns { id ->
            database.execute(
                """
                WITH gone AS (DELETE FROM pgqueuer WHERE id = $id RETURNING id, priority, entrypoint)
                INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint)
                SELECT id, 'canceled', priority, entrypoint FROM gone
                """,
            )
            cancelAsPython(id)
        }
        report.canceled shouldBe 1
        report.leasesLost shouldBe 0
    }

    test("an event of Python's cancels no job while a queue of another schema shares the channel; ours still does") {
        database.execute("CREATE SCHEMA other")
        database.backend { schema = "other" }.use { other ->
            other.schema.install()
            val (id, report) = backend.whileOneRuns { id ->
                // It may be meant for the other queue's job with this id.
                cancelAsPython(id)
                database.execute("SELECT pg_notify('ch_pgqueuer', '{}')")
                backend.insights.job(id).shouldNotBeNull().cancelRequestedAt.shouldBeNull()
                backend.insights.job(id)?.status shouldBe JobStatus.PICKED
                backend.queue.cancel(listOf(id)) shouldBe setOf(id)
                // The worker may have ended it by now.
                backend.insights.job(id)?.let { it.cancelRequestedAt.shouldNotBeNull() }
            }
            report.canceled shouldBe 1
            backend.insights.log(id).last().status shouldBe JobStatus.CANCELED
            other.queue.enqueue("e")
        }
        database.execute("DROP SCHEMA other CASCADE")
    }

    test("a canceled job cannot be completed in its handler's transaction, which rolls back") {
        database.execute("CREATE TABLE effects (job bigint)")
        val started = CompletableDeferred<Unit>()
        val canceled = CompletableDeferred<Unit>()
        val thrown = CompletableDeferred<LeaseLostException>()
        val worker = backend.worker {
            entrypoint("e") { job ->
                started.complete(Unit)
                withContext(NonCancellable + Dispatchers.IO) {
                    canceled.await()
                    database.connect().use { connection ->
                        connection.autoCommit = false
                        connection.execute("INSERT INTO effects VALUES (${job.id})")
                        thrown.complete(shouldThrow<LeaseLostException> { completeIn(connection) })
                        connection.rollback()
                    }
                }
            }
        }
        val id = backend.queue.enqueue("e")
        coroutineScope {
            val report = async { worker.run(drain) }
            started.await()
            // No notification arrives, so the worker does not know.
            database.execute("UPDATE pgqueuer SET cancel_requested = now()")
            canceled.complete(Unit)
            report.await().canceled shouldBe 1
        }
        database.text("SELECT count(*) FROM effects") shouldBe "0"
        backend.insights.log(id).last().status shouldBe JobStatus.CANCELED
    }

    test("a job that Python queued again although it was to be canceled never runs") {
        val id = backend.queue.enqueue("e")
        database.execute("UPDATE pgqueuer SET cancel_requested = now()")
        var ran = false
        backend.worker { entrypoint("e") { ran = true } }.run(drain)
        ran shouldBe false
        backend.insights.log(id).last().status shouldBe JobStatus.CANCELED
    }

    test("a held job that was to be canceled runs again once it is requeued") {
        val id = backend.queue.enqueue("e")
        database.execute("UPDATE pgqueuer SET status = 'failed', cancel_requested = now()")
        backend.queue.requeue(listOf(id)) shouldBe setOf(id)
        backend.worker { entrypoint("e") { } }.run(drain).succeeded shouldBe 1
    }

    test("the newest log row is the one with the highest id, whatever its time") {
        val id = backend.queue.enqueue("e")
        // Python's cancel waited for a claim, and is logged with the time at which it began.
        database.execute(
            """
            INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, created)
            VALUES ($id, 'picked', 0, 'e', now() + interval '1 second'), ($id, 'canceled', 0, 'e', now())
            """,
        )
        backend.insights.lastStatuses(listOf(id)) shouldBe mapOf(id to JobStatus.CANCELED)
        backend.insights.log(id).last().status shouldBe JobStatus.CANCELED
        coroutineScope {
            backend.completionWatcher(this).use { it.awaitCompletion(id) } shouldBe JobStatus.CANCELED
        }
    }
})
