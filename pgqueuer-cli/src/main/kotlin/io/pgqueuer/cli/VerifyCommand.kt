package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum

internal class VerifyCommand : PgqCommand(
    "verify",
    "Check that the tables of the queue exist and are as this version needs them, or that they do not exist.",
) {
    private enum class Expected { PRESENT, ABSENT }

    private val expect by option()
        .enum<Expected> { it.name.lowercase() }
        .default(Expected.PRESENT)
        .help("what to check (default: present)")

    override suspend fun run() = withBackend { backend ->
        when (expect) {
            Expected.PRESENT -> backend.schema.verify().forEach { echo("pgq: warning: $it", err = true) }
            Expected.ABSENT -> backend.schema.verifyAbsent()
        }
        echo(expect.name.lowercase())
    }
}
