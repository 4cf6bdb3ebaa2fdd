package io.pgqueuer.conformance.history

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.JobStatus
import io.pgqueuer.domain.LogEntry
import io.pgqueuer.port.Insights

/** What a history looks at after each step. */
internal interface Sight {
    suspend fun job(id: JobId): Job?

    suspend fun log(id: JobId): List<LogEntry>

    suspend fun held(): List<JobId>

    /** How many jobs there are of each [sizeOf]. */
    suspend fun sizes(): List<String>
}

internal fun sizeOf(entrypoint: String, status: JobStatus, priority: Int) = "$entrypoint ${status.label} $priority"

internal fun Insights.sight(): Sight = object : Sight {
    override suspend fun job(id: JobId) = this@sight.job(id)

    override suspend fun log(id: JobId) = this@sight.log(id)

    override suspend fun held() = heldJobs(limit = Int.MAX_VALUE).map { it.job.id }

    override suspend fun sizes() = queueSize().map { "${sizeOf(it.entrypoint, it.status, it.priority)}: ${it.count}" }
}
