package io.pgqueuer.cli.look

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.pgqueuer.Insights
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.LogEntry
import io.pgqueuer.LogFilter
import io.pgqueuer.memory.inMemoryBackend
import kotlin.time.Instant

class LogTailSpec : FunSpec({
    fun entry(id: Long) =
        LogEntry(id, JobId(id), Instant.DISTANT_PAST, JobStatus.QUEUED, priority = 0, entrypoint = "e", failure = null)

    test("each entry is read once, also one that appears below others that were seen before") {
        val log = sortedSetOf<Long>()
        inMemoryBackend().use { backend ->
            val insights = object : Insights by backend.insights {
                override suspend fun logEntries(filter: LogFilter, limit: Int, before: Long?, after: Long?) =
                    log.filter { after == null || it > after }.takeLast(limit).reversed().map(::entry)
            }
            val tail = LogTail(insights, LogFilter.ALL)
            suspend fun next() = tail.next().map { it.id }

            log += 1L..5L
            tail.newest(2).map { it.id } shouldContainExactly listOf(4L, 5L)
            next().shouldBeEmpty()
            log += listOf(7L, 9L)
            next() shouldContainExactly listOf(7L, 9L)
            log += listOf(6L, 8L, 10L)
            next() shouldContainExactly listOf(6L, 8L, 10L)
            log += 11L..1_500L
            next() shouldContainExactly (11L..1_500L).toList()
            next().shouldBeEmpty()
        }
    }

    test("a log that was empty is read from its first entry on") {
        inMemoryBackend().use { backend ->
            val tail = LogTail(backend.insights, LogFilter(statuses = setOf(JobStatus.CANCELED)))
            tail.newest(10).shouldBeEmpty()
            val id = backend.queue.enqueue("e")
            tail.next().shouldBeEmpty()
            backend.queue.cancel(listOf(id))
            tail.next().map { it.jobId } shouldContainExactly listOf(id)
            tail.next().shouldBeEmpty()
        }
    }
})
