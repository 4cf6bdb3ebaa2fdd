package io.pgqueuer.cli

import com.github.ajalt.clikt.core.requireObject
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import io.pgqueuer.Backend
import io.pgqueuer.BackendOptions
import io.pgqueuer.exposed.PostgresSchema
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend

/** A command that uses a queue in PostgreSQL. */
internal abstract class PgqCommand(
    name: String,
    help: String,
    examples: List<String>,
) : BaseCommand(name, help, examples) {
    private val connection by ConnectionOptions()
    private val globalConnection by requireObject<ConnectionOptions>()

    /** The queue that the command line names; otherwise the one that the environment names. */
    protected fun settings(): PostgresSettings = connection.settings(globalConnection, System.getenv())

    /** The names of the queue's objects, which need no server. */
    protected fun schema(): PostgresSchema = connection.schema(globalConnection, System.getenv())

    /** Whether a server is named, on the command line or in the environment. */
    protected fun namesServer(): Boolean = connection.namesServer(globalConnection, System.getenv())

    /** The variables that name the queue to another process. They may hold a password. */
    protected fun variables(): Map<String, String> = connection.variables(globalConnection, System.getenv())

    protected suspend fun <T> withBackend(block: suspend (Backend) -> T): T = withBackend({}, block)

    /** @param options sets the options of the backend. */
    protected suspend fun <T> withBackend(options: BackendOptions.() -> Unit, block: suspend (Backend) -> T): T =
        postgresBackend(settings(), configure = options).use { block(it) }
}
