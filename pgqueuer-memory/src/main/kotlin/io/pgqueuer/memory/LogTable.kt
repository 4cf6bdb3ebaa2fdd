package io.pgqueuer.memory

import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.LogEntry
import io.pgqueuer.LogLevel
import io.pgqueuer.port.storable
import java.util.TreeMap
import kotlin.time.Instant

/** The log and the statistics. Not safe for concurrent use: the [MemoryDatabase] serializes access. */
internal class LogTable {
    private val byJob = HashMap<JobId, MutableList<LogEntry>>()
    private val uncounted = ArrayDeque<LogEntry>()
    private val counted = TreeMap<Long, LogEntry>()
    private val counts = HashMap<Second, Long>()
    private var lastId = 0L

    var level = LogLevel.FULL

    /** The statistics count entries with the same key together. */
    data class Second(val second: Long, val priority: Int, val status: JobStatus, val entrypoint: String)

    val size: Int get() = uncounted.size + counted.size

    val statisticsSize: Int get() = counts.size

    /** Logs that [row] came to [status], by a claim if there is a [lease], if the log level includes that. */
    fun write(row: Row, status: JobStatus, now: Instant, failure: FailureRecord?, lease: Lease? = null) {
        if (!level.keeps(status, ofFailure = failure != null)) return
        val written = LogEntry(
            ++lastId,
            row.id,
            now,
            status,
            row.priority,
            row.entrypoint,
            failure?.storable(),
            lease?.workerId,
            lease?.epoch,
        )
        byJob.getOrPut(written.jobId, ::ArrayList) += written
        uncounted += written
    }

    fun of(id: JobId): List<LogEntry> = byJob[id].orEmpty().toList()

    fun lastOf(id: JobId): LogEntry? = byJob[id]?.last()

    /** The entries below [before] and above [after], newest first. */
    fun newest(before: Long, after: Long): Sequence<LogEntry> =
        (uncounted.asReversed().asSequence() + counted.descendingMap().values.asSequence())
            .dropWhile { it.id >= before }
            .takeWhile { it.id > after }

    fun jobs(): Collection<List<LogEntry>> = byJob.values

    /** Counts the oldest uncounted entries and returns how many it counted. */
    fun count(limit: Int): Int {
        val step = minOf(limit, uncounted.size)
        repeat(step) {
            val entry = uncounted.removeFirst()
            counted[entry.id] = entry
            counts.merge(secondOf(entry), 1, Long::plus)
        }
        return step
    }

    /** Counts for all seconds from the second of [start] on, whether or not they are in the statistics yet. */
    fun countsSince(start: Instant): Map<Second, Long> {
        val first = start.epochSeconds
        val result = counts.filterKeysTo(HashMap()) { it.second >= first }
        uncounted.map(::secondOf).filter { it.second >= first }.forEach { result.merge(it, 1, Long::plus) }
        return result
    }

    /** Reads the entries above [after], at most [limit]. */
    fun prune(after: Long, limit: Int, isOld: (LogEntry) -> Boolean, isKept: (LogEntry) -> Boolean): Pruned {
        val seen = counted.tailMap(after, false).values.take(limit)
        val gone = seen.filter { isOld(it) && !isKept(it) }
        gone.forEach(::delete)
        return Pruned(gone.size, seen.lastOrNull()?.id.takeIf { seen.size == limit && seen.any(isOld) })
    }

    class Pruned(val deleted: Int, val last: Long?)

    private fun delete(entry: LogEntry) {
        counted -= entry.id
        val others = byJob.getValue(entry.jobId)
        others -= entry
        if (others.isEmpty()) byJob -= entry.jobId
    }

    private fun secondOf(entry: LogEntry) =
        Second(entry.created.epochSeconds, entry.priority, entry.status, entry.entrypoint)

    private fun <K, V> Map<K, V>.filterKeysTo(target: HashMap<K, V>, wanted: (K) -> Boolean): HashMap<K, V> =
        filterTo(target) { wanted(it.key) }
}

/** This record as PostgreSQL would have kept it. */
private fun FailureRecord.storable() = copy(
    type = type.storable(),
    message = message.storable(),
    stackTrace = stackTrace.storable(),
    context = context?.storable(),
)
