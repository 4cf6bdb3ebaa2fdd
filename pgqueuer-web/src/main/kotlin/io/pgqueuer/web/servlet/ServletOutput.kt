package io.pgqueuer.web.servlet

import io.pgqueuer.web.DashboardResponse
import jakarta.servlet.AsyncContext
import jakarta.servlet.AsyncEvent
import jakarta.servlet.AsyncListener
import jakarta.servlet.ServletOutputStream
import jakarta.servlet.WriteListener
import jakarta.servlet.http.HttpServletResponse
import kotlinx.coroutines.channels.Channel
import org.slf4j.LoggerFactory
import java.io.IOException

/**
 * The response of an asynchronous request. Writing suspends until the client takes more, and blocks no thread.
 *
 * The container may take the response back at any moment, because the client has gone. So each use of it is guarded.
 */
internal class ServletOutput(
    private val async: AsyncContext,
) : WriteListener,
    AsyncListener {
    private val response = async.response as HttpServletResponse
    private val output: ServletOutputStream = response.outputStream
    private val writePossible = Channel<Unit>(Channel.CONFLATED)
    private lateinit var whenGone: () -> Unit
    private var isEnded = false
    private var hasHead = false

    /** Begins to listen to the container. */
    fun begin(whenGone: () -> Unit) {
        this.whenGone = whenGone
        // A page may be open for days. Reads of the queue have bounds of their own.
        async.timeout = 0
        async.addListener(this)
        output.setWriteListener(this)
    }

    /** Sets the status and the headers of [from]. */
    fun head(from: DashboardResponse, length: Int?) = use {
        hasHead = true
        response.status = from.status
        for ((name, value) in from.headers) {
            if (name == "Content-Type") response.contentType = value else response.setHeader(name, value)
        }
        length?.let(response::setContentLength)
    }

    /** Answers that something is broken, if nothing was answered yet. */
    fun fail() = use {
        if (!hasHead) response.status = HttpServletResponse.SC_INTERNAL_SERVER_ERROR
        hasHead = true
    }

    /** Writes [bytes], which must not change until the response is complete. */
    suspend fun write(bytes: ByteArray) {
        whenPossible { output.write(bytes) }
        // What was written is then with the client, or with the system.
        whenPossible { }
    }

    /** Writes [bytes] and sends them at once. */
    suspend fun writeNow(bytes: ByteArray) {
        whenPossible { output.write(bytes) }
        whenPossible { output.flush() }
    }

    private suspend fun whenPossible(action: () -> Unit) {
        while (!use { output.isReady.also { if (it) action() } }) writePossible.receive()
    }

    /** Ends the response. A second call does nothing. */
    fun complete() {
        synchronized(this) {
            if (isEnded) return
            // It was stopped before there was an answer.
            if (!hasHead) response.status = HttpServletResponse.SC_SERVICE_UNAVAILABLE
            isEnded = true
        }
        try {
            async.complete()
        } catch (e: IllegalStateException) {
            log.debug("the container has ended the response", e)
        }
    }

    @Synchronized
    private fun <T> use(action: () -> T): T {
        if (isEnded) throw IOException("the client has gone")
        return action()
    }

    override fun onWritePossible() {
        writePossible.trySend(Unit)
    }

    override fun onError(failure: Throwable) {
        log.debug("the client has gone", failure)
        whenGone()
    }

    override fun onError(event: AsyncEvent) {
        whenGone()
        complete()
    }

    override fun onTimeout(event: AsyncEvent) {
        whenGone()
        complete()
    }

    override fun onComplete(event: AsyncEvent) {
        synchronized(this) { isEnded = true }
        whenGone()
    }

    override fun onStartAsync(event: AsyncEvent) = Unit

    private companion object {
        val log = LoggerFactory.getLogger(ServletOutput::class.java)
    }
}
