package io.pgqueuer.java.internal

import io.pgqueuer.JobId
import io.pgqueuer.exposed.enqueueAll
import io.pgqueuer.exposed.inOwnTransaction
import io.pgqueuer.java.Deliveries
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.NewJob
import io.pgqueuer.java.OnConflict
import io.pgqueuer.java.PauseOptions
import io.pgqueuer.java.RunOptions
import java.sql.Connection
import java.util.OptionalLong
import java.util.function.Consumer
import io.pgqueuer.JobQueue as CoreJobQueue
import io.pgqueuer.OnConflict as CoreOnConflict

internal class JavaJobQueue(
    private val core: CoreJobQueue,
    private val calls: Calls,
) : JobQueue {
    override fun enqueue(job: NewJob) = required("job" to job) {
        job.toCore().let { calls.call { core.enqueue(it).value } }
    }

    override fun enqueue(job: NewJob, onConflict: OnConflict) = required("job" to job, "onConflict" to onConflict) {
        job.toCore().let {
            calls.call { core.enqueue(it, onConflict.toCore()).toOptional() }
        }
    }

    override fun enqueueAll(jobs: List<NewJob>) = required("jobs" to jobs) {
        jobs.map(NewJob::toCore).let {
            calls.call { core.enqueueAll(it).map(JobId::value) }
        }
    }

    override fun enqueueAll(jobs: List<NewJob>, onConflict: OnConflict) =
        required("jobs" to jobs, "onConflict" to onConflict) {
            jobs.map(NewJob::toCore).let { all ->
                calls.call { core.enqueueAll(all, onConflict.toCore()).map { it.toOptional() } }
            }
        }

    override fun enqueue(connection: Connection, job: NewJob): Long =
        required("connection" to connection, "job" to job) {
            enqueueAll(connection, listOf(job)).single()
        }

    override fun enqueue(connection: Connection, job: NewJob, onConflict: OnConflict): OptionalLong =
        required("connection" to connection, "job" to job, "onConflict" to onConflict) {
            enqueueAll(connection, listOf(job), onConflict).single()
        }

    override fun enqueueAll(connection: Connection, jobs: List<NewJob>): List<Long> =
        required("connection" to connection, "jobs" to jobs) {
            core.enqueueAll(connection, jobs.map(NewJob::toCore)).map(JobId::value)
        }

    override fun enqueueAll(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<OptionalLong> =
        required("connection" to connection, "jobs" to jobs, "onConflict" to onConflict) {
            core.enqueueAll(connection, jobs.map(NewJob::toCore), onConflict.toCore()).map { it.toOptional() }
        }

    override fun cancel(id: Long) = calls.call { core.cancel(setOf(JobId(id))).isNotEmpty() }

    override fun cancel(ids: Collection<Long>) = required("ids" to ids) {
        ids.jobIds().let { calls.call { core.cancel(it).values() } }
    }

    override fun requeue(id: Long) = calls.call { core.requeue(setOf(JobId(id))).isNotEmpty() }

    override fun requeue(ids: Collection<Long>) = required("ids" to ids) {
        ids.jobIds().let { calls.call { core.requeue(it).values() } }
    }

    override fun runNow(id: Long) = calls.call { core.runNow(setOf(JobId(id))).isNotEmpty() }

    override fun runNow(ids: Collection<Long>) = required("ids" to ids) {
        ids.jobIds().let { calls.call { core.runNow(it).values() } }
    }

    override fun dismiss(id: Long) = calls.call { core.dismiss(setOf(JobId(id))).isNotEmpty() }

    override fun dismiss(ids: Collection<Long>) = required("ids" to ids) {
        ids.jobIds().let { calls.call { core.dismiss(it).values() } }
    }

    override fun heldJobs() = calls.call { core.heldJobs().map { it.toJava() } }

    override fun heldJobs(limit: Int) = calls.call { core.heldJobs(limit).map { it.toJava() } }

    override fun heldJobs(limit: Int, after: Long) = calls.call {
        core.heldJobs(limit, JobId(after)).map { it.toJava() }
    }

    override fun heldJobs(limit: Int, after: Long, entrypoint: String) = required("entrypoint" to entrypoint) {
        calls.call { core.heldJobs(limit, JobId(after), entrypoint).map { it.toJava() } }
    }

    override fun clear(entrypoint: String) = required("entrypoint" to entrypoint) {
        calls.call { core.clear(entrypoint) }
    }

    override fun pause(entrypoint: String, options: Consumer<PauseOptions>) =
        required("entrypoint" to entrypoint, "options" to options) {
            calls.call { core.pause(entrypoint) { setBy(options) }.toJava() }
        }

    override fun resume(entrypoint: String) = required("entrypoint" to entrypoint) {
        calls.call { core.resume(entrypoint) }
    }

    override fun pauseQueue(options: Consumer<PauseOptions>) = required("options" to options) {
        calls.call { core.pauseQueue { setBy(options) }.toJava() }
    }

    override fun resumeQueue() = calls.call { core.resumeQueue() }

    override fun consume(entrypoint: String, options: Consumer<RunOptions.Builder>): Deliveries =
        required("entrypoint" to entrypoint, "options" to options) {
            JavaDeliveries(core.consume(entrypoint, changesOf(options)), calls)
        }

    override fun inOwnTransaction(): JobQueue = JavaJobQueue(core.inOwnTransaction(), calls)
}

private fun OnConflict.toCore() = CoreOnConflict.valueOf(name)

private fun JobId?.toOptional(): OptionalLong = if (this == null) OptionalLong.empty() else OptionalLong.of(value)
