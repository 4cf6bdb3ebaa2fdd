package io.pgqueuer.cli

internal class UninstallCommand : PgqCommand("uninstall", "Remove the tables of the queue, and all jobs.") {
    override suspend fun run() {
        withBackend { it.schema.uninstall() }
        echo("uninstalled")
    }
}
