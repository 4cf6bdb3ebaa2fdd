package io.pgqueuer.cli.mcp

import io.modelcontextprotocol.kotlin.sdk.types.Tool
import io.modelcontextprotocol.kotlin.sdk.types.ToolSchema
import kotlinx.serialization.json.JsonObject

/**
 * A tool that assistants can call.
 *
 * @property description tells the assistant what it returns, and when to use it.
 * @param run answers a call; throws an exception whose message the assistant can act on.
 */
internal class QueueTool(
    val name: String,
    private val title: String,
    private val description: String,
    val effect: Effect,
    private vararg val arguments: Argument<*>,
    private val run: suspend (Arguments) -> Answer,
) {
    val listed: Tool
        get() = Tool(
            name = name,
            title = title,
            description = description,
            inputSchema = ToolSchema(
                properties = JsonObject(arguments.associate { it.name to it.schema }),
                required = arguments.filter { it.isRequired }.map { it.name }.ifEmpty { null },
            ),
            annotations = effect.annotations,
        )

    /** @throws IllegalArgumentException if an argument is wrong. */
    suspend fun call(given: JsonObject): Answer = run(Arguments.read(arguments.asList(), given))
}

/** A tool that changes nothing. */
internal fun readingTool(
    name: String,
    title: String,
    description: String,
    vararg arguments: Argument<*>,
    run: suspend (Arguments) -> Answer,
) = QueueTool(name, title, description, Effect.READS, *arguments, run = run)
