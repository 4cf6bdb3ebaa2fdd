package io.pgqueuer.cli.schema

import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum
import io.pgqueuer.Backend
import io.pgqueuer.SchemaDifference
import io.pgqueuer.SchemaException
import io.pgqueuer.SchemaManager
import io.pgqueuer.cli.ExitCode
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.oneLine

internal class VerifyCommand :
    PgqCommand(
        "verify",
        "Check that the objects of the queue exist and are as this version needs them, or that they do not exist. " +
            "Each difference is one line, with what repairs it. The exit code is 0 if there are only warnings.",
        examples = listOf("pgq verify", "pgq verify --json", "pgq verify --expect absent"),
    ) {
    private enum class Expected { PRESENT, ABSENT }

    private val expect by option()
        .enum<Expected> { it.name.lowercase() }
        .default(Expected.PRESENT)
        .help("what to check (default: present)")
    private val json by option().flag().help("print one JSON object for each difference, on stdout")

    override suspend fun run() {
        val differences = withBackend { check(it) }
        differences.forEach(::show)
        if (differences.any { it.isError }) throw ProgramResult(ExitCode.ERROR)
        if (!json) echo(expect.name.lowercase())
    }

    /** @throws SchemaException if something else than the schema's objects is wrong, or if one line says it all. */
    private suspend fun check(backend: Backend): List<SchemaDifference> = when (expect) {
        Expected.PRESENT -> schemaDifferences(backend.schema)
        Expected.ABSENT -> remains(backend.schema)
    }

    private suspend fun remains(schema: SchemaManager): List<SchemaDifference> = try {
        schema.verifyAbsent()
        emptyList()
    } catch (e: SchemaException) {
        if (e.differences.isEmpty() || !json) throw e
        e.differences
    }

    private fun show(difference: SchemaDifference) {
        if (json) {
            echo(differenceRow(difference).json())
        } else {
            echo("pgq: ${if (difference.isError) "" else "warning: "}$difference".oneLine(), err = true)
        }
    }
}

/**
 * Returns how the objects of the queue differ from what this version needs, errors and warnings.
 *
 * @throws SchemaException if something else than the schema's objects is wrong.
 */
internal suspend fun schemaDifferences(schema: SchemaManager): List<SchemaDifference> = try {
    schema.verify()
} catch (e: SchemaException) {
    if (e.differences.isEmpty()) throw e
    e.differences
}

internal fun differenceRow(difference: SchemaDifference) = with(difference) {
    Row(
        "object" to "$kind $name",
        "of" to of,
        "difference" to this.difference.label,
        "severity" to if (isError) "error" else "warning",
        "found" to found,
        "expected" to expected,
        "problem" to problem,
        "fix" to fix,
    )
}
