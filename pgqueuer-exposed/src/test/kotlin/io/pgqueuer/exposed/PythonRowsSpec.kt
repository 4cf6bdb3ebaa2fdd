package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Rows as Python PgQueuer 1.3 leaves them. */
class PythonRowsSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec { backend.schema.install() }
    afterEach { database.execute("TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_statistics, pgqueuer_schedules") }
    afterSpec { backend.close() }

    test("jobs that Python enqueued are claimed in order, its JSON null being no headers") {
        database.execute(
            """
            INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, headers, status)
            VALUES (0, 'e', 'x', now() + interval '0 seconds', NULL, 'null'::jsonb, 'queued'),
                (1, 'e', NULL, now() + interval '0 seconds', NULL, '{"a": 1}'::jsonb, 'queued'),
                (2, 'e', NULL, now() + interval '1 hour', NULL, NULL, 'queued')
            """,
        )
        val (urgent, other) = backend.claim(ClaimTarget("e")).jobs.map { it.job }
        urgent.headers.toString() shouldBe """{"a":1}"""
        other.headers.shouldBeNull()
        other.payload?.decodeToString() shouldBe "x"
    }

    test("a job that Python's worker lost is taken over and counted; the one it holds is left alone") {
        database.execute(
            """
            INSERT INTO pgqueuer (priority, entrypoint, status, queue_manager_id, heartbeat)
            VALUES (0, 'e', 'picked', gen_random_uuid(), now() - interval '31 seconds'),
                (0, 'e', 'picked', gen_random_uuid(), now() - interval '29 seconds')
            """,
        )
        val rescued = backend.claim(ClaimTarget("e")).jobs.single().job
        rescued.rescues shouldBe 1
        rescued.leaseEpoch shouldBeGreaterThan 0
        rescued.id.value.toString() shouldBe database.text("SELECT min(id) FROM pgqueuer")
    }

    test("a seat that Python 1.4 left on a queued job does not stop a claim, and none is left by ours") {
        database.execute(
            """
            INSERT INTO pgqueuer (priority, entrypoint, status, slot)
            VALUES (0, 'e', 'queued', 0), (0, 'e', 'queued', 0), (0, 'e', 'queued', 0), (0, 'e', 'queued', 0)
            """,
        )
        val leases = backend.claim(ClaimTarget("e")).jobs.map { it.lease }
        leases.size shouldBe 4
        database.execute("UPDATE pgqueuer SET slot = id")
        val record = FailureRecord(1, Instant.fromEpochSeconds(0), "t", "m", "s")
        val outcomes = listOf(Outcome.Retried(1.minutes, record), Outcome.Held(record), Outcome.Released)
        backend.store.jobs.settle(leases.zip(outcomes) { lease, outcome -> Settlement(lease, outcome) })
        database.texts("SELECT slot::text FROM pgqueuer WHERE status <> 'picked'").toSet() shouldBe setOf(null)
        database.execute("UPDATE pgqueuer SET slot = 7 WHERE status = 'failed'")
        backend.queue.requeue(listOf(leases[1].jobId))
        database.text("SELECT slot::text FROM pgqueuer WHERE id = ${leases[1].jobId}") shouldBe null
    }

    test("a job of Python's that is taken over keeps its seat until its run ends") {
        database.execute(
            """
            INSERT INTO pgqueuer (priority, entrypoint, status, queue_manager_id, heartbeat, slot)
            VALUES (0, 'e', 'picked', gen_random_uuid(), now() - interval '31 seconds', 3)
            """,
        )
        backend.claim(ClaimTarget("e")).jobs.size shouldBe 1
        database.text("SELECT slot::text FROM pgqueuer") shouldBe "3"
    }

    test("a settle after Python's worker took the job over writes nothing") {
        backend.queue.enqueue("e")
        val lease = backend.claim(ClaimTarget("e")).jobs.single().lease
        // Python's claim knows nothing of epochs.
        database.execute("UPDATE pgqueuer SET queue_manager_id = gen_random_uuid(), heartbeat = now()")
        backend.store.jobs.renew(listOf(lease)).held.shouldBeEmpty()
        backend.store.jobs.settle(listOf(Settlement(lease, Outcome.Succeeded))).shouldBeEmpty()
        database.text("SELECT status FROM pgqueuer") shouldBe "picked"
    }

    test("active workers tell whether they are Python's, also with a job that this library ran before") {
        val record = FailureRecord(1, Instant.fromEpochSeconds(0), "t", "m", "s")
        backend.queue.enqueue("e")
        val before = backend.claim(ClaimTarget("e")).jobs.single().lease
        backend.store.jobs.settle(listOf(Settlement(before, Outcome.Retried(Duration.ZERO, record))))
        database.execute(
            "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), updated = now(), heartbeat = now()",
        )
        backend.insights.activeWorkers().map { it.isPython } shouldBe listOf(true)
        backend.queue.enqueueAll(List(2) { NewJob("e") })
        backend.claim(ClaimTarget("e")).jobs.size shouldBe 2
        backend.insights.activeWorkers().map { it.jobs to it.isPython } shouldBe listOf(2L to false, 1L to true)
    }

    test("Python's failure records are read, and what cannot be understood is left out") {
        database.execute(
            """
            INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback) VALUES
            (7, 'queued', 0, 'e', 'null'),
            (7, 'picked', 0, 'e', '{"unheard": "of"}'),
            (7, 'exception', 0, 'e', '{"job_id": 7, "timestamp": "2026-11-20T14:11:04.304586+00:00",
                "exception_type": "ValueError", "exception_message": "boom", "traceback": "Traceback…",
                "additional_context": {"entrypoint": "e", "queue_manager_id": "x"}, "later": [1]}')
            """,
        )
        val log = backend.insights.log(JobId(7))
        log.map { it.failure?.type } shouldContainExactly listOf(null, null, "ValueError")
        val failure = log.last().failure.shouldNotBeNull()
        failure.timestamp shouldBe Instant.parse("2026-11-20T14:11:04.304586Z")
        failure.context?.keys shouldBe setOf("entrypoint", "queue_manager_id")
    }

    test("a job parked at infinity is queued and never due") {
        backend.queue.enqueue("e")
        database.execute("UPDATE pgqueuer SET execute_after = 'infinity'")
        val waiting = backend.claim(ClaimTarget("e")).waiting as Waiting.Seen
        waiting.due shouldBe false
        waiting.queued shouldBe true
        waiting.nextDue.shouldBeNull()
    }

    test("rows of the log that Python wrote are counted") {
        database.execute(
            """
            INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint)
            VALUES (7, 'queued', 3, 'e'), (7, 'picked', 3, 'e'), (8, 'queued', 3, 'e')
            """,
        )
        backend.store.maintenance.aggregate(limit = 100) shouldBe 3
        database.texts(
            "SELECT concat_ws(' ', entrypoint, priority, status, count) FROM pgqueuer_statistics ORDER BY 1",
        ) shouldContainExactly
            listOf("e 3 picked 1", "e 3 queued 2")
    }

    val report = ScheduleTarget("report", "* * * * *", "UTC", cleanOld = false) { now, _ -> now + 1.minutes }

    test("a schedule that Python stored is claimed when it is due") {
        database.execute(
            """
            INSERT INTO pgqueuer_schedules (expression, next_run, entrypoint)
            VALUES ('* * * * *', date_trunc('seconds', now() - interval '1 second'), 'report'),
                ('0 * * * *', date_trunc('seconds', now() - interval '1 second'), 'report')
            """,
        )
        val run = backend.store.schedules.claim(listOf(report), 30.seconds).runs.single()
        run.schedule.expression shouldBe "* * * * *"
        run.lease.epoch shouldBeGreaterThan 0
        backend.store.schedules.complete(run.lease) shouldBe true
    }

    test("a schedule whose status says nothing is one that waits") {
        backend.store.schedules.register(listOf(report), 30.seconds)
        database.execute("UPDATE pgqueuer_schedules SET status = NULL, next_run = now()")
        backend.schedules.list().single().status shouldBe JobStatus.QUEUED
        backend.store.schedules.claim(listOf(report), 30.seconds).runs.size shouldBe 1
    }

    test("a schedule that was parked at infinity is not due") {
        backend.store.schedules.register(listOf(report), 30.seconds)
        database.execute("UPDATE pgqueuer_schedules SET next_run = 'infinity'")
        backend.store.schedules.claim(listOf(report), 30.seconds).run {
            runs.shouldBeEmpty()
            nextDue.shouldNotBeNull() shouldBeGreaterThan 36_000.days
        }
        backend.schedules.list().size shouldBe 1
    }

    test("a pause keeps a schedule out of the sight of Python's claim, until it is resumed") {
        database.execute(
            """
            INSERT INTO pgqueuer_schedules (expression, next_run, entrypoint)
            VALUES ('0 0 1 1 *', now() - interval '1 second', 'report')
            """,
        )
        val yearly = ScheduleTarget("report", "0 0 1 1 *", "UTC", cleanOld = false) { now, _ -> now + 366.days }
        fun pythonsDue() = database.texts(
            "SELECT entrypoint FROM pgqueuer_schedules WHERE next_run <= now() AND status = 'queued'",
        )
        pythonsDue() shouldContainExactly listOf("report")
        val schedule = backend.schedules.list().single()
        schedule.zone shouldBe "UTC"
        val ids = listOf(schedule.id)
        backend.schedules.pause(ids)
        pythonsDue().shouldBeEmpty()
        // A time that every driver can read.
        database.text("SELECT isfinite(next_run) FROM pgqueuer_schedules") shouldBe "t"
        // Python took over the run of a dead worker, and ended it.
        database.execute("UPDATE pgqueuer_schedules SET next_run = now(), status = 'queued'")
        backend.store.schedules.claim(listOf(yearly), 30.seconds).runs.shouldBeEmpty()
        backend.schedules.list().single().nextRun.shouldBeNull()
        backend.schedules.pause(ids)
        pythonsDue().shouldBeEmpty()
        backend.schedules.resume(ids)
        backend.schedules.list().single().nextRun.shouldNotBeNull() shouldBeLessThanOrEqualTo
            schedule.created + 366.days
    }

    test("a run that Python holds is left alone, and taken over once its heartbeat has expired") {
        database.execute(
            """
            INSERT INTO pgqueuer_schedules (expression, next_run, entrypoint, status, updated, heartbeat)
            VALUES ('* * * * *', now() - interval '1 second', 'report', 'picked',
                now() - interval '1 hour', now() - interval '29 seconds')
            """,
        )
        backend.store.schedules.claim(listOf(report), 30.seconds).run {
            runs.shouldBeEmpty()
            nextDue.shouldNotBeNull() shouldBeLessThanOrEqualTo 1.seconds
        }
        database.execute("UPDATE pgqueuer_schedules SET heartbeat = now() - interval '31 seconds'")
        val run = backend.store.schedules.claim(listOf(report), 30.seconds).runs.single()
        run.dueAt shouldBe run.schedule.heartbeat
    }

    test("a run that Python has just claimed is left alone, though its heartbeat is still that of the last run") {
        database.execute(
            """
            INSERT INTO pgqueuer_schedules (expression, next_run, entrypoint, status, updated, heartbeat)
            VALUES ('* * * * *', now() - interval '1 second', 'report', 'picked', now(), now() - interval '1 day')
            """,
        )
        backend.store.schedules.claim(listOf(report), 30.seconds).runs.shouldBeEmpty()
    }
})
