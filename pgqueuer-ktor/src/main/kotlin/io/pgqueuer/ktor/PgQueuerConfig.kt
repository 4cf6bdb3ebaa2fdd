package io.pgqueuer.ktor

import io.ktor.server.config.ApplicationConfig
import io.ktor.utils.io.KtorDsl
import io.pgqueuer.Backend
import io.pgqueuer.RunOptions
import io.pgqueuer.SchemaMode
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.ktor.internal.WorkerRun

/** How an application uses its queue; see [PgQueuer]. */
@KtorDsl
public class PgQueuerConfig internal constructor(
    config: ApplicationConfig,
) {
    private var makeBackend: (() -> Backend)? = null
    private var isOwned = false
    private val workers = mutableListOf<Pair<RunOptions, WorkerBuilder.() -> Unit>>()

    /**
     * What to do about the queue's tables when the plugin is installed; default [SchemaMode.VALIDATE]. In the
     * application's configuration: `pgqueuer.schema = install`.
     */
    public var schema: SchemaMode = config.propertyOrNull("schema")?.getString()?.let(::modeOf) ?: SchemaMode.VALIDATE

    /**
     * Whether this process runs workers; default true. With false, it only enqueues. In the application's configuration:
     * `pgqueuer.runWorkers = false`.
     */
    public var runWorkers: Boolean = config.propertyOrNull("runWorkers")?.getString()?.let(::booleanOf) ?: true

    /** Makes the backend of the queue: `backend { postgresBackend(dataSource) }`. The plugin closes it. */
    public fun backend(make: () -> Backend) {
        makeBackend = make
        isOwned = true
    }

    /** Uses [backend], which the application closes itself, when the application has stopped. */
    public fun backend(backend: Backend) {
        makeBackend = { backend }
        isOwned = false
    }

    /**
     * Adds a worker. It can be called several times, for workers with options of their own.
     *
     * @param options how it runs; see [RunOptions]. Keep `shutdownTimeout` below the grace period of the process. Unlike
     * elsewhere, `restartOnFailure` is true by default.
     * @param configure registers entrypoints and schedules; see [WorkerBuilder].
     */
    public fun worker(options: RunOptions.() -> Unit = {}, configure: WorkerBuilder.() -> Unit) {
        workers += RunOptions { restartOnFailure = true }.with(options) to configure
    }

    internal fun queueOf(): ApplicationQueue {
        val make = requireNotNull(makeBackend) { "no backend is set; add backend { postgresBackend(dataSource) }" }
        val backend = make()
        val runs = if (runWorkers) {
            workers.map { (options, configure) ->
                WorkerRun(backend.worker(configure), options)
            }
        } else {
            emptyList()
        }
        return ApplicationQueue(backend, isOwned, runs)
    }

    private fun modeOf(text: String): SchemaMode =
        requireNotNull(SchemaMode.entries.find { it.name.equals(text, ignoreCase = true) }) {
            "pgqueuer.schema must be one of ${SchemaMode.entries.joinToString { it.name.lowercase() }}, was '$text'"
        }

    private fun booleanOf(text: String): Boolean =
        requireNotNull(text.toBooleanStrictOrNull()) { "pgqueuer.runWorkers must be true or false, was '$text'" }
}
