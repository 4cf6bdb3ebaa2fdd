package io.pgqueuer.cli.mcp

import io.kotest.assertions.withClue
import io.kotest.matchers.shouldBe
import io.modelcontextprotocol.kotlin.sdk.client.Client
import io.modelcontextprotocol.kotlin.sdk.client.StdioClientTransport
import io.modelcontextprotocol.kotlin.sdk.types.CallToolResult
import io.modelcontextprotocol.kotlin.sdk.types.Implementation
import io.modelcontextprotocol.kotlin.sdk.types.TextContent
import io.pgqueuer.cli.PgqProcess
import io.pgqueuer.cli.Queue
import kotlinx.io.asSink
import kotlinx.io.asSource
import kotlinx.io.buffered
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.ByteArrayOutputStream
import java.io.FilterInputStream
import java.io.InputStream
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.concurrent.thread

/** `pgq mcp` in a process of its own, with the SDK's client. */
internal class McpProcess private constructor(
    private val process: Process,
) : AutoCloseable {
    private val stdout = Recording(process.inputStream)
    private val stderr = StringBuffer()
    private val reading = thread(isDaemon = true) {
        process.errorReader().forEachLine { stderr.appendLine(it) }
    }
    private val transport = StdioClientTransport(
        stdout.asSource().buffered(),
        process.outputStream.asSink().buffered(),
    )

    val client = Client(Implementation("spec", "1"))

    /** All that it has printed so far. */
    val out: String get() = stdout.recorded

    val err: String get() = stderr.toString()

    /** Calls a tool, which must succeed. */
    suspend fun call(tool: String, vararg arguments: Pair<String, Any?>): CallToolResult =
        client.callTool(tool, arguments.toMap()).also { withClue("${it.text} $err") { it.isError shouldBe false } }

    /** Calls a tool, which must fail, and returns what it says. */
    suspend fun error(tool: String, vararg arguments: Pair<String, Any?>): String =
        client.callTool(tool, arguments.toMap()).also { withClue(it) { it.isError shouldBe true } }.text

    suspend fun rows(tool: String, vararg arguments: Pair<String, Any?>): List<JsonObject> =
        call(tool, *arguments).json.getValue("rows").jsonArray.map { it.jsonObject }

    /** Closes its stdin, and returns its exit code. */
    suspend fun end(): Int {
        client.close()
        return exitCode()
    }

    fun signal(name: String): Int {
        check(ProcessBuilder("kill", "-$name", "${process.pid()}").start().waitFor() == 0) { "cannot send SIG$name" }
        return exitCode()
    }

    private fun exitCode(): Int {
        check(process.waitFor(60, SECONDS)) { "it still runs, and has printed:\n$err" }
        reading.join()
        return process.exitValue()
    }

    override fun close() {
        process.destroyForcibly().waitFor()
    }

    /** Keeps what is read. */
    private class Recording(
        stream: InputStream,
    ) : FilterInputStream(stream) {
        private val bytes = ByteArrayOutputStream()

        val recorded: String get() = bytes.toString(Charsets.UTF_8)

        override fun read(): Int = error("only whole buffers are read")

        override fun read(target: ByteArray, offset: Int, length: Int): Int =
            super.read(target, offset, length).also { if (it > 0) bytes.write(target, offset, it) }
    }

    companion object {
        suspend fun start(queue: Queue, vararg options: String): McpProcess = start(queue.builder("mcp", *options))

        suspend fun start(builder: ProcessBuilder): McpProcess {
            val server = McpProcess(builder.command(PgqProcess.withDefaultSignals + builder.command()).start())
            try {
                server.client.connect(server.transport)
            } catch (e: Exception) {
                server.close()
                throw AssertionError("it did not answer, and has printed:\n${server.err}", e)
            }
            return server
        }
    }
}

internal val CallToolResult.text: String get() = (content.single() as TextContent).text

internal val CallToolResult.json: JsonObject get() = checkNotNull(structuredContent)

internal fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content

internal fun List<JsonObject>.column(name: String): List<String> = map { it.text(name) }
