package io.pgqueuer.java.internal

import io.pgqueuer.JobId
import io.pgqueuer.OnConflict
import io.pgqueuer.exposed.enqueueAll
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.NewJob
import java.sql.Connection
import java.util.OptionalLong
import io.pgqueuer.JobQueue as CoreQueue
import io.pgqueuer.NewJob as CoreNewJob

internal class CoreJobQueue(
    private val core: CoreQueue,
    private val calls: Calls,
) : JobQueue {
    override fun enqueue(job: NewJob) = accept(listOf(job)).let { jobs ->
        calls.call { core.enqueueAll(jobs).single().value }
    }

    override fun enqueueOrSkip(job: NewJob) = accept(listOf(job)).let { jobs ->
        calls.call { core.enqueueAll(jobs, OnConflict.SKIP).single().toOptional() }
    }

    override fun enqueueAll(jobs: List<NewJob>) = accept(jobs).let { accepted ->
        calls.call { core.enqueueAll(accepted).map(JobId::value) }
    }

    override fun enqueueAllOrSkip(jobs: List<NewJob>) = accept(jobs).let { accepted ->
        calls.call { core.enqueueAll(accepted, OnConflict.SKIP).map { it.toOptional() } }
    }

    override fun enqueue(connection: Connection, job: NewJob): Long = enqueueAll(connection, listOf(job)).single()

    override fun enqueueOrSkip(connection: Connection, job: NewJob): OptionalLong =
        enqueueAllOrSkip(connection, listOf(job)).single()

    override fun enqueueAll(connection: Connection, jobs: List<NewJob>): List<Long> =
        core.enqueueAll(connection, jobs.map(NewJob::toCore)).map(JobId::value)

    override fun enqueueAllOrSkip(connection: Connection, jobs: List<NewJob>): List<OptionalLong> =
        core.enqueueAll(connection, jobs.map(NewJob::toCore), OnConflict.SKIP).map { it.toOptional() }

    override fun cancel(id: Long) = calls.call { core.cancel(setOf(JobId(id))).isNotEmpty() }

    override fun cancel(ids: Collection<Long>) = ids.jobIds().let { asked ->
        calls.call { core.cancel(asked).values() }
    }

    override fun requeue(id: Long) = calls.call { core.requeue(setOf(JobId(id))).isNotEmpty() }

    override fun requeue(ids: Collection<Long>) = ids.jobIds().let { asked ->
        calls.call { core.requeue(asked).values() }
    }

    override fun heldJobs() = calls.call { core.heldJobs().map { it.toJava() } }

    override fun heldJobs(limit: Int, after: Long) = calls.call {
        core.heldJobs(limit, JobId(after)).map { it.toJava() }
    }

    override fun clear(entrypoint: String) = calls.call { core.clear(entrypoint) }

    override fun clearAll() = calls.call { core.clear() }

    override fun withMaxPayloadBytes(maxPayloadBytes: Int): JobQueue =
        CoreJobQueue(CoreQueue(core.backend, maxPayloadBytes), calls)

    private fun accept(jobs: List<NewJob>): List<CoreNewJob> = jobs.map(NewJob::toCore).also(core::requireAcceptable)
}

private fun JobId?.toOptional(): OptionalLong = if (this == null) OptionalLong.empty() else OptionalLong.of(value)
