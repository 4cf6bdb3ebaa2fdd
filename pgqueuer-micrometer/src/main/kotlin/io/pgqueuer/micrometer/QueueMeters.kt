package io.pgqueuer.micrometer

import io.micrometer.core.instrument.Counter
import io.micrometer.core.instrument.Gauge
import io.micrometer.core.instrument.Meter
import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.Tags
import io.pgqueuer.JobStatus
import io.pgqueuer.QueueSnapshot
import io.pgqueuer.SnapshotReader
import io.pgqueuer.TableSize
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.DurationUnit

/** The gauges of one queue in one [registry]. They show the last reading of [reader], and never ask for one. */
internal class QueueMeters(
    private val registry: MeterRegistry,
    private val options: MetricsOptions,
    private val reader: SnapshotReader,
) {
    private val meters = mutableListOf<Meter>()
    private val shown = ConcurrentHashMap.newKeySet<Any>()
    private val newNames = mutableListOf<String>()
    private val entrypoints = Bounded(options.maxEntrypoints) { name -> name.also { newNames += it } }
    private val staleAfter = maxOf(reader.interval * 3, 1.minutes)
    private val failures: Counter
    private var closed = false

    @Volatile
    private var sums = QueueSums.NONE

    init {
        check(registry.find(AGE).tags(options.tags).meter() == null) {
            "the registry has the gauges of a queue with the tags ${options.tags.toList()} already; close those, or " +
                "give each queue tags of its own: tags = Tags.of(\"queue\", \"billing\")"
        }
        add(
            Gauge.builder(AGE) { seconds(reader.age) }.baseUnit("seconds")
                .description("How old the reading is that the gauges of the queue show"),
            options.tags,
        )
        failures = Counter.builder("pgqueuer.snapshot.failures").tags(options.tags)
            .description("Readings of the queue that failed").register(registry).also { meters += it }
        gauge("pgqueuer.workers.active", "Workers anywhere that hold jobs") { workers.toDouble() }
        gauge(
            "pgqueuer.transaction.oldest",
            "How long a transaction keeps dead rows from being removed",
            unit = "seconds",
        ) {
            seconds(oldestTransaction)
        }
    }

    /** Shows the last reading of the reader, if there is one. */
    @Synchronized
    fun show() {
        val snapshot = reader.last.takeUnless { closed } ?: return
        sums = QueueSums.of(snapshot) { entrypoints[it] }
        snapshot.throughput.forEach { addLog(entrypoints[it.entrypoint], it.status) }
        // Last: a gauge must not be seen before its number.
        newNames.forEach(::addEntrypoint)
        newNames.clear()
        snapshot.tables.forEach(::addTable)
    }

    fun failed() = failures.increment()

    @Synchronized
    fun close() {
        closed = true
        meters.forEach(registry::remove)
        meters.clear()
    }

    private fun addEntrypoint(name: String) {
        val tags = Tags.of("entrypoint", name)
        gauge("pgqueuer.queue.due", "Jobs that are due and wait for a worker", tags) { of(name).due.toDouble() }
        gauge("pgqueuer.queue.overdue", "How long the job that became due first has been due", tags, "seconds") {
            seconds(of(name).overdue)
        }
        for (status in listOf(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.HELD)) {
            val ofStatus = tags.and("status", status.label)
            gauge("pgqueuer.queue.jobs", "Jobs in the queue, by status; failed means held", ofStatus) {
                of(name).jobs(status).toDouble()
            }
            gauge(
                "${options.prefix}pgqueuer.queue.count",
                "As Python's PgQueuer: jobs in the queue",
                python(ofStatus),
            ) {
                of(name).jobs(status).toDouble()
            }
        }
    }

    private fun addLog(name: String, status: JobStatus) {
        if (!shown.add(name to status)) return
        val tags = python(Tags.of("entrypoint", name, "status", status.label))
        gauge("${options.prefix}pgqueuer.logs.count", "As Python's PgQueuer: log entries of the last 5 minutes", tags) {
            logged(name, status).toDouble()
        }
    }

    private fun addTable(table: TableSize) {
        if (!shown.add(table.table)) return
        val name = table.table
        val tags = Tags.of("table", name)
        gauge("pgqueuer.table.rows", "Rows of a table, estimated", tags) { tables[name].number { rows } }
        gauge("pgqueuer.table.rows.dead", "Dead rows that wait for a vacuum, estimated", tags) {
            tables[name].number { deadRows }
        }
        // In memory nobody knows it.
        if (table.bytes == null) return
        gauge("pgqueuer.table.size", "The size of a table with its indexes", tags, "bytes") {
            tables[name].number { bytes }
        }
    }

    private fun TableSize?.number(of: TableSize.() -> Long?): Double = this?.of()?.toDouble() ?: Double.NaN

    private fun gauge(
        name: String,
        description: String,
        tags: Tags = Tags.empty(),
        unit: String? = null,
        read: QueueSums.() -> Double,
    ) {
        val value = { if (reader.last == null || reader.age > staleAfter) Double.NaN else sums.read() }
        add(Gauge.builder(name, value).baseUnit(unit).description(description), options.tags.and(tags))
    }

    private fun add(gauge: Gauge.Builder<*>, tags: Tags) {
        meters += gauge.tags(tags).register(registry)
    }

    /** Python marks its numbers as sums over priorities. */
    private fun python(tags: Tags) = tags.and("aggregation", "sum")

    private companion object {
        const val AGE = "pgqueuer.snapshot.age"

        fun seconds(duration: Duration) = duration.toDouble(DurationUnit.SECONDS)
    }
}
