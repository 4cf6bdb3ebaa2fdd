package io.pgqueuer.cli.mcp

import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.untilStopped

internal class McpCommand :
    PgqCommand(
        "mcp",
        "Serve the queue to an AI assistant by the Model Context Protocol (MCP), over stdin and stdout, until stdin " +
            "is closed. The assistant's program starts it.",
        examples = listOf("pgq mcp", "pgq mcp --allow-actions", "pgq mcp --prefix shop_ --show-payloads"),
    ) {
    private val allowActions by option().flag()
        .help("let the assistant requeue, cancel and dismiss jobs by their ids, pause and resume (default: only read)")
    private val showPayloads by option().flag()
        .help("show payloads to the assistant, and so to its provider (default: only their sizes)")

    override fun remarks() =
        "Name the server in the environment (PGQUEUER_DSN), not on the command line, which other users can read."

    override suspend fun run() = ProtocolStreams().use { streams ->
        untilStopped {
            withBackend { backend ->
                // A wrong password or a queue that is not installed is an error now, and not one of each call.
                backend.schema.properties()
                McpServer(backend, allowActions, showPayloads).serve(streams)
            }
        }
    }
}
