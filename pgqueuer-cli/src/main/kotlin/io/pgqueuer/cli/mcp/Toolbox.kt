package io.pgqueuer.cli.mcp

import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.TextContent
import io.modelcontextprotocol.kotlin.sdk.types.Tool
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.cli.expectedError
import kotlinx.coroutines.CancellationException
import kotlinx.serialization.json.JsonObject
import org.slf4j.Logger
import org.slf4j.LoggerFactory

/** The tools of a server. Those that change the queue are there only if [allowsActions]. */
internal class Toolbox(
    tools: List<QueueTool>,
    private val allowsActions: Boolean,
) {
    private val tools = tools.associateBy { it.name }

    val listed: List<Tool> = tools.filter(::isAllowed).map { it.listed }

    /** Calls a tool. Whatever goes wrong is an answer, which tells the assistant what to do. */
    suspend fun call(name: String, arguments: JsonObject): CallToolResult = try {
        toolNamed(name).call(arguments).result()
    } catch (e: CancellationException) {
        throw e
    } catch (e: Exception) {
        error(textOf(e, name))
    }

    private fun toolNamed(name: String): QueueTool {
        val tool = requireNotNull(tools[name]) {
            "there is no tool '$name'; there are ${listed.joinToString { it.name }}"
        }
        require(isAllowed(tool)) {
            "'$name' changes the queue, and this server only reads; the user can allow it by starting " +
                "`pgq mcp` with --allow-actions"
        }
        return tool
    }

    private fun isAllowed(tool: QueueTool) = allowsActions || tool.effect == Effect.READS

    private fun textOf(error: Exception, name: String): String {
        val text = expectedError(error) ?: run {
            log.error("the tool {} failed", name, error)
            "$error; the log of `pgq mcp` has more"
        }
        val isOpen = error is StoreUnavailableException && tools[name]?.effect != Effect.READS
        return if (isOpen) "$text. The change may have been made all the same: look before you try again." else text
    }

    private fun error(text: String) = CallToolResult(listOf(TextContent(text)), isError = true)

    private companion object {
        val log: Logger = LoggerFactory.getLogger(Toolbox::class.java)
    }
}
