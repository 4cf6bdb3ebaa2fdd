package io.pgqueuer.conformance.history

import io.pgqueuer.Insights
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.StoredJob

/** What a history compares after each step. */
internal interface Sight {
    suspend fun job(id: JobId): StoredJob?

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
