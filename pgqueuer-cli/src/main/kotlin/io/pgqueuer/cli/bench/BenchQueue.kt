package io.pgqueuer.cli.bench

import io.pgqueuer.Worker
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.cli.toDataSource
import io.pgqueuer.NewJob
import io.pgqueuer.QueueProperties
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.Backend
import java.sql.Connection
import kotlin.time.Duration
import kotlin.time.measureTime

/** The entrypoint of the benchmarks' jobs. */
internal const val ENTRYPOINT = "bench"

/** About 20 bytes, as the plan of the benchmarks has them. */
internal val PAYLOAD = "twenty bytes of data".encodeToByteArray()

/**
 * An empty queue for one benchmark, in a schema of its own and under a prefix of its own, so that neither its tables nor
 * its notifications touch anyone else's.
 */
internal class BenchQueue private constructor(
    private val settings: PostgresSettings,
    val properties: QueueProperties,
    val backend: Backend,
    private val connection: Connection,
) {
    val queueTable = "$SCHEMA.${PREFIX}pgqueuer"
    val logTable = "$SCHEMA.${PREFIX}pgqueuer_log"

    /** One more, as another process would have it. */
    fun newBackend(applicationName: String = settings.applicationName): Backend =
        postgresBackend(settings.copy(applicationName = applicationName))

    fun execute(sql: String) {
        connection.createStatement().use { it.execute(sql) }
    }

    fun number(sql: String): Long = texts(sql).single().toLong()

    fun texts(sql: String): List<String> = connection.createStatement().use { statement ->
        statement.executeQuery(sql).use { rows -> buildList { while (rows.next()) add(rows.getString(1)) } }
    }

    /** Enqueues [count] jobs through the bulk call. */
    suspend fun fill(count: Int) {
        val job = NewJob(ENTRYPOINT, PAYLOAD)
        var left = count
        while (left > 0) {
            val batch = minOf(left, FILL_BATCH)
            backend.queue.enqueueAll(List(batch) { job })
            left -= batch
        }
    }

    /** Runs a worker whose handlers do nothing until nothing is left, and returns how long that took. */
    suspend fun drain(options: RunOptions, concurrencyLimit: Int = 0): Duration {
        val worker = backend.worker { entrypoint(ENTRYPOINT, { concurrencyLimit = concurrencyLimit }) { } }
        return measureTime { worker.run(options.copy(mode = RunMode.DRAIN)) }
    }

    companion object {
        const val SCHEMA = "pgqueuer_bench"
        const val PREFIX = "bench_"
        private const val FILL_BATCH = 50_000

        /** Installs the queue, runs [block] and removes it with its schema, whatever was there before. */
        suspend fun <T> fresh(
            settings: PostgresSettings,
            properties: QueueProperties,
            block: suspend BenchQueue.() -> T,
        ): T {
            val own = settings.copy(schema = SCHEMA, prefix = PREFIX, poolMaxSize = POOL)
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

        /** As many producers at once as the benchmarks have. */
        private const val POOL = 10
    }
}
