package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.exposed.PostgresSchema
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
        return naming(options) { PostgresSettings.fromEnvironment(environment + options) }
    }

    /**
     * Reads the names of the queue's objects. What is said of a server does not matter.
     *
     * @throws CommandException if the prefix or the schema is wrong; it names the option or the variable.
     */
    fun schema(outer: ConnectionOptions, environment: Map<String, String>): PostgresSchema {
        val options = outer.asVariables() + asVariables()
        return naming(options) {
            val names = (environment + options).filterKeys {
                it == PREFIX || it == SCHEMA
            }.filterValues(String::isNotEmpty)
            val settings = names.entries.fold(PostgresSettings.DEFAULT) { settings, (variable, value) ->
                try {
                    settings.with { if (variable == PREFIX) prefix = value else schema = value }
                } catch (e: IllegalArgumentException) {
                    throw IllegalArgumentException("$variable: ${e.message}", e)
                }
            }
            PostgresSchema(settings.prefix, settings.schema)
        }
    }

    /** Names the option, not the variable that it stands for, in an error message about its value. */
    private fun <T> naming(options: Map<String, String>, block: () -> T): T = try {
        block()
    } catch (e: IllegalArgumentException) {
        val message = options.keys.fold(e.message.orEmpty()) { text, variable ->
            text.replace("$variable:", "${OPTIONS.getValue(variable)}:")
        }
        throw CommandException(message, e)
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
