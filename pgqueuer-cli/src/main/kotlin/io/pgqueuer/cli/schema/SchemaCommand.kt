package io.pgqueuer.cli.schema

import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import io.pgqueuer.Backend
import io.pgqueuer.UpgradeStep
import io.pgqueuer.cli.Confirmation
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.exposed.PostgresSchema

/**
 * A change of the schema of a queue, defined once, with its options: `pgq NAME` makes it, and `pgq sql NAME` prints its
 * SQL and connects to nothing.
 *
 * @param examples of `pgq NAME`.
 * @param sqlExample of `pgq sql NAME`.
 * @param printsSql whether this is `pgq sql NAME`.
 */
internal abstract class SchemaCommand(
    name: String,
    help: String,
    examples: List<String>,
    sqlExample: String,
    private val printsSql: Boolean,
) : PgqCommand(
    name,
    if (printsSql) "Print the SQL of `pgq $name`. $help" else help,
    if (printsSql) listOf(sqlExample) else examples,
) {
    /** Returns the SQL of the change: statements that end with a semicolon, and comments. */
    protected abstract fun sql(schema: PostgresSchema): String

    /** Makes the change, and says what it did. */
    protected abstract suspend fun make()

    /** Adds [options] that only `pgq NAME` has. */
    protected fun <T : OptionGroup> onlyToMake(options: T): T {
        if (!printsSql) options.provideDelegate(this, ::printsSql)
        return options
    }

    /** Asks before [steps] rewrite tables. */
    protected suspend fun Confirmation.askIfRewriting(backend: Backend, steps: List<UpgradeStep>) {
        val rewriting = steps.filter { it.rewrites }
        if (rewriting.isNotEmpty()) {
            ask(this@SchemaCommand, "Rewrite tables now?") { PlanText(backend.insights.tableSizes()).sql(rewriting) }
        }
    }

    final override suspend fun run() {
        if (printsSql) echo(sql(schema()), trailingNewline = false) else make()
    }
}
