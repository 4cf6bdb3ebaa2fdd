package io.pgqueuer.ktor

import io.ktor.server.application.Application
import io.ktor.server.application.ApplicationPlugin
import io.ktor.server.application.ApplicationStarted
import io.ktor.server.application.ApplicationStopPreparing
import io.ktor.server.application.ApplicationStopped
import io.ktor.server.application.createApplicationPlugin
import io.ktor.server.application.hooks.MonitoringEvent
import io.ktor.util.AttributeKey
import kotlinx.coroutines.runBlocking
import org.slf4j.LoggerFactory

/**
 * A queue of the application, with workers that start and stop with it.
 *
 * ```
 * install(PgQueuer) {
 *     backend { postgresBackend(dataSource) }
 *     worker {
 *         entrypoint(SendReceipt) { receipt -> mail.send(receipt) }
 *     }
 * }
 * routing {
 *     post("/orders") {
 *         call.enqueue(SendReceipt, Receipt(orderId = 42))
 *         call.respond(HttpStatusCode.Accepted)
 *     }
 * }
 * ```
 *
 * When it is installed, the schema is checked or changed, as [PgQueuerConfig.schema] says; the application does not start
 * if that fails. Differences with which the queue works are logged as warnings. Workers start when the application has
 * started, and start again when their run fails ([RunOptions.restartOnFailure][io.pgqueuer.RunOptions.restartOnFailure]).
 *
 * When the application stops, workers claim nothing more, handlers may run on for `shutdownTimeout`, and jobs whose
 * handlers have not ended by then are given back. The server waits for that, whatever its own timeout is. Then the backend
 * is closed, if the plugin made it.
 *
 * The section `pgqueuer` of the application's configuration sets [PgQueuerConfig.schema] and
 * [PgQueuerConfig.runWorkers]; the block overrides it.
 *
 * @throws IllegalArgumentException if there is no backend, or if an option is out of its bounds.
 */
public val PgQueuer: ApplicationPlugin<PgQueuerConfig> =
    createApplicationPlugin("PgQueuer", CONFIGURATION, ::PgQueuerConfig) {
        val queue = pluginConfig.queueOf()
        // An application that cannot use its queue must not start. A module may not suspend, so this blocks its thread.
        try {
            runBlocking { queue.backend.schema.prepare(pluginConfig.schema) }.forEach { log.warn("{}", it) }
        } catch (e: Throwable) {
            queue.close()
            throw e
        }
        application.attributes.put(KEY, queue)
        on(MonitoringEvent(ApplicationStarted)) { queue.start() }
        on(MonitoringEvent(ApplicationStopPreparing)) { queue.stop() }
        // A reload of the application in development mode has this event alone.
        on(MonitoringEvent(ApplicationStopped)) { queue.close() }
    }

/**
 * The queue of this application.
 *
 * @throws IllegalStateException if [PgQueuer] is not installed.
 */
public val Application.pgQueuer: ApplicationQueue
    get() = checkNotNull(attributes.getOrNull(KEY)) { "the plugin PgQueuer is not installed; install(PgQueuer) { … }" }

private const val CONFIGURATION = "pgqueuer"
private val log = LoggerFactory.getLogger("io.pgqueuer.ktor.PgQueuer")
private val KEY = AttributeKey<ApplicationQueue>("PgQueuer")
