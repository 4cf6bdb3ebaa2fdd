package io.pgqueuer.memory

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.JobId
import io.pgqueuer.domain.LogEntry
import io.pgqueuer.domain.QueueSize
import io.pgqueuer.port.Insights

internal class MemoryInsights(private val store: Store) : Insights {
    override suspend fun job(id: JobId): Job? = store.transaction { table[id]?.toJob() }

    override suspend fun log(id: JobId): List<LogEntry> = store.transaction { table.logOf(id) }

    override suspend fun queueSize(): List<QueueSize> = store.transaction {
        table.rows
            .groupingBy { QueueSize(it.entrypoint, it.status, it.priority, count = 0) }
            .eachCount()
            .map { (group, count) -> group.copy(count = count.toLong()) }
            .sortedWith(compareBy(QueueSize::entrypoint, QueueSize::status, QueueSize::priority))
    }
}
