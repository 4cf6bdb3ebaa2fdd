package io.pgqueuer.cli.bench

import io.pgqueuer.NewJob
import io.pgqueuer.QueueProperties
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.WorkerObserver
import io.pgqueuer.cli.toDataSource
import io.pgqueuer.exposed.PostgresBackend
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import java.sql.Connection
import kotlin.time.Duration
import kotlin.time.measureTime

/** The entrypoint of the benchmarks' jobs. */
internal const val ENTRYPOINT = "bench"

/** The payload of the benchmarks' jobs: about 20 bytes. */
internal val PAYLOAD = "twenty bytes of data".encodeToByteArray()

/**
 * An empty queue for one benchmark. It has its own schema and prefix, so that its tables and notifications are apart from
 * those of other queues.
 */
internal class BenchQueue private constructor(
    private val settings: PostgresSettings,
    val properties: QueueProperties,
    val backend: PostgresBackend,
    private val connection: Connection,
) {
    val queueTable = "$SCHEMA.${PREFIX}pgqueuer"
    val logTable = "$SCHEMA.${PREFIX}pgqueuer_log"
    val statisticsTable = "$SCHEMA.${PREFIX}pgqueuer_statistics"
    val statusType = "$SCHEMA.${PREFIX}pgqueuer_status"

    /** Makes another backend of this queue, as another process would. */
    fun newBackend(applicationName: String = settings.applicationName): PostgresBackend =
        postgresBackend(settings.with { this.applicationName = applicationName })

    fun execute(sql: String) {
        connection.createStatement().use { it.execute(sql) }
    }

    fun number(sql: String): Long = texts(sql).single().toLong()

    fun texts(sql: String): List<String> = connection.createStatement().use { statement ->
        statement.executeQuery(sql).use { rows -> buildList { while (rows.next()) add(rows.getString(1)) } }
    }

    /** Enqueues [count] jobs in bulk. */
    suspend fun fill(count: Int) {
        val job = NewJob(ENTRYPOINT, PAYLOAD)
        var left = count
        while (left > 0) {
            val batch = minOf(left, FILL_BATCH)
            backend.queue.enqueueAll(List(batch) { job })
            left -= batch
        }
    }

    /**
     * Runs a worker whose handlers do nothing until the queue is empty, and returns how long it took.
     *
     * @param observer sees its events; null for none.
     */
    suspend fun drain(options: RunOptions, concurrencyLimit: Int? = null, observer: WorkerObserver? = null): Duration {
        val worker = backend.worker {
            observer?.let(::observe)
            entrypoint(ENTRYPOINT, { this.concurrencyLimit = concurrencyLimit }) { }
        }
        return measureTime { worker.run(options.with { mode = RunMode.DRAIN }) }
    }

    companion object {
        const val SCHEMA = "pgqueuer_bench"
        const val PREFIX = "bench_"
        private const val FILL_BATCH = 50_000

        /** Returns how to connect to the queue of a benchmark on the [server]. */
        fun settingsOf(server: PostgresSettings): PostgresSettings = server.with {
            schema = SCHEMA
            prefix = PREFIX
        }

        /** Installs the queue, runs [block], and removes the schema. A schema of this name that exists is dropped first. */
        suspend fun <T> fresh(
            settings: PostgresSettings,
            properties: QueueProperties,
            block: suspend BenchQueue.() -> T,
        ): T {
            val own = settingsOf(settings).with { poolMaxSize = POOL }
            own.toDataSource().connection.use { connection ->
                postgresBackend(own).use { backend ->
                    val queue = BenchQueue(own, properties, backend, connection)
                    queue.execute("DROP SCHEMA IF EXISTS $SCHEMA CASCADE")
                    try {
                        backend.schema.install(properties)
                        return queue.block()
                    } finally {
                        queue.execute("DROP SCHEMA IF EXISTS $SCHEMA CASCADE")
                    }
                }
            }
        }

        /** Enough for all producers of the benchmarks. */
        private const val POOL = 10
    }
}
