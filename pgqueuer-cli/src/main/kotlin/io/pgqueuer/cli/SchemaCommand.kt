package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.exposed.PostgresSchema

/** A command that changes the schema of a queue, or prints the SQL that would change it. */
internal abstract class SchemaCommand(
    name: String,
    help: String,
) : PgqCommand(name, help) {
    private val dryRun by option().flag().help("print the SQL, without connecting to a server")

    /** Returns the SQL of the change. */
    protected abstract fun sql(schema: PostgresSchema): String

    /** Makes the change, and returns the message to print. */
    protected abstract suspend fun change(): String

    protected fun schema(): PostgresSchema = settings().run { PostgresSchema(prefix, schema) }

    final override suspend fun run() {
        if (dryRun) {
            echo(sql(schema()), trailingNewline = false)
        } else {
            echo(change())
        }
    }
}
