package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.exposed.PostgresSettings

/** Which queue to use: from the command line, before or after the name of the command; otherwise from the environment. */
internal class ConnectionOptions : OptionGroup("Queue") {
    private val dsn by option("--pg-dsn", "--dsn")
        .help("the server: postgresql://… or key=value pairs (default: PGQUEUER_DSN, PGDSN, or PGHOST and the like)")
    private val listenerHosts by option(metavar = "host:port,…")
        .help("where to listen, if the server above is a pooler (default: PGQUEUER_LISTENER_HOSTS, or the same server)")
    private val prefix by option().help("put in front of the names of all tables (default: PGQUEUER_PREFIX)")
    private val schema by option().help("the schema of the tables (default: PGQUEUER_SCHEMA, or the search path)")

    /**
     * Reads the settings from these options, then from [outer], then from the [environment].
     *
     * @throws CommandException if an option or a variable is wrong; it names the one.
     */
    fun settings(outer: ConnectionOptions, environment: Map<String, String>): PostgresSettings {
        val options = outer.asVariables() + asVariables()
        return try {
            PostgresSettings.fromEnvironment(environment + options)
        } catch (e: IllegalArgumentException) {
            val message = options.keys.fold(e.message.orEmpty()) { text, variable ->
                text.replace("$variable:", "${OPTIONS.getValue(variable)}:")
            }
            throw CommandException(message, e)
        }
    }

    /** Whether a server is named, by an option or in the [environment]. */
    fun namesServer(outer: ConnectionOptions, environment: Map<String, String>): Boolean =
        (environment + outer.asVariables() + asVariables()).any { (name, value) ->
            name in SERVER_VARIABLES && value.isNotEmpty()
        }

    /** Returns the variables that name this queue to another process: those of the [environment], and these options. */
    fun variables(outer: ConnectionOptions, environment: Map<String, String>): Map<String, String> =
        environment.filterKeys(::isServerVariable) + outer.asVariables() + asVariables()

    /** Options are read as variables, so that [PostgresSettings] alone decides what they mean. */
    private fun asVariables(): Map<String, String> = listOfNotNull(
        dsn?.let { DSN to it },
        listenerHosts?.let { LISTENERS to it },
        prefix?.let { PREFIX to it },
        schema?.let { SCHEMA to it },
    ).toMap()

    companion object {
        const val DSN = "PGQUEUER_DSN"
        private const val LISTENERS = "PGQUEUER_LISTENER_HOSTS"
        private const val PREFIX = "PGQUEUER_PREFIX"
        private const val SCHEMA = "PGQUEUER_SCHEMA"
        private val OPTIONS = mapOf(
            DSN to "--pg-dsn",
            LISTENERS to "--listener-hosts",
            PREFIX to "--prefix",
            SCHEMA to "--schema",
        )
        private val SERVER_VARIABLES = setOf(DSN, "PGDSN", "PGHOST")
    }
}
