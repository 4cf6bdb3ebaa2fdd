package io.pgqueuer.exposed

import java.io.IOException
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.thread
import kotlin.concurrent.withLock
import kotlin.time.Duration

/**
 * A proxy between a worker and a server, which misbehaves as networks do. It listens on [port] of localhost and leads
 * to the port [target] of localhost.
 *
 * ```
 * PortForward(target = database.port).use { network ->
 *     val settings = database.settings().with { hosts = listOf(PostgresHost("localhost", network.port)) }
 *     network.freezeOpen() // the connections of a worker go silent; it can open new ones
 * }
 * ```
 *
 * All functions can be called at any time from any thread, and take effect at once. Closing the proxy closes its port
 * and its connections.
 *
 * @param port 0 (default) for any free port.
 * @property target where new connections lead to; it can be changed, as by a failover.
 */
internal class PortForward(
    port: Int = 0,
    @Volatile var target: Int,
) : AutoCloseable {
    private val server = ServerSocket(port)
    private val lock = ReentrantLock()
    private val changed = lock.newCondition()
    private val links = ConcurrentHashMap.newKeySet<Link>()
    private val accepted = AtomicInteger()
    private var newOnesFreeze = false
    private var lost = 0

    val port: Int = server.localPort

    /** How many connections were opened so far. */
    val connections: Int get() = accepted.get()

    /** How long each piece of data is held up, in both directions; default zero. */
    @Volatile var delay: Duration = Duration.ZERO

    init {
        thread(isDaemon = true, name = "proxy $port") {
            untilClosed { while (true) server.accept().let { thread(isDaemon = true) { Link(it).forward() } } }
        }
    }

    /** Forwards nothing more on the connections that are open now, and leaves them open. New ones work. */
    fun freezeOpen() = change { links.forEach { it.freeze(requests = true) } }

    /** Forwards nothing more on any connection, and leaves them open. New ones are accepted and get no answer. */
    fun freezeAll() = change {
        newOnesFreeze = true
        links.forEach { it.freeze(requests = true) }
    }

    /**
     * As [freezeOpen], but what is sent to the server still arrives there: statements take effect, and their answers
     * are lost.
     */
    fun freezeReplies() = change { links.forEach { it.freeze(requests = false) } }

    /** Forwards again what was held back, and all that follows. */
    fun thaw() = change {
        newOnesFreeze = false
        links.forEach(Link::thaw)
    }

    /** Closes the connections that are open now. New ones work. */
    fun cut() = change { links.forEach(Link::close) }

    /** Closes the next [count] connections as soon as they are opened; what is sent on them is lost. */
    fun loseNext(count: Int) = change { lost = count }

    /** How many connections [loseNext] is still to close. */
    val leftToLose: Int get() = lock.withLock { lost }

    override fun close() {
        server.close()
        cut()
    }

    private fun change(block: () -> Unit) = lock.withLock {
        block()
        changed.signalAll()
    }

    private fun untilClosed(block: () -> Unit) {
        try {
            block()
        } catch (_: IOException) {
            // Closed, by either side.
        }
    }

    /** One connection through the proxy: a socket on either side. */
    private inner class Link(
        private val client: Socket,
    ) {
        private var upstream: Socket? = null
        private var isClosed = false
        private var requestsFrozen = false
        private var repliesFrozen = false

        fun freeze(requests: Boolean) {
            requestsFrozen = requestsFrozen || requests
            repliesFrozen = true
        }

        fun thaw() {
            requestsFrozen = false
            repliesFrozen = false
        }

        fun close() {
            isClosed = true
            client.close()
            upstream?.close()
            links.remove(this)
        }

        fun forward() {
            accepted.incrementAndGet()
            lock.withLock {
                if (lost > 0) {
                    lost--
                    return client.close()
                }
                links += this
                if (newOnesFreeze) freeze(requests = true)
            }
            try {
                untilClosed {
                    val server = Socket("localhost", target)
                    lock.withLock {
                        upstream = server
                        if (isClosed || this@PortForward.server.isClosed) throw IOException("closed meanwhile")
                    }
                    thread(isDaemon = true) { pump(server, client) { repliesFrozen } }
                    pump(client, server) { requestsFrozen }
                }
            } finally {
                change(::close)
            }
        }

        private fun pump(from: Socket, to: Socket, isFrozen: () -> Boolean) {
            try {
                untilClosed {
                    val buffer = ByteArray(BUFFER)
                    while (true) {
                        val count = from.getInputStream().read(buffer)
                        if (count < 0) break
                        holdBack(isFrozen)
                        to.getOutputStream().write(buffer, 0, count)
                    }
                }
            } finally {
                change(::close)
            }
        }

        private fun holdBack(isFrozen: () -> Boolean) = lock.withLock {
            var rest = delay.inWholeNanoseconds
            while (rest > 0 && !isClosed) rest = changed.awaitNanos(rest)
            while (isFrozen() && !isClosed) changed.await()
            if (isClosed) throw IOException("closed")
        }
    }

    private companion object {
        const val BUFFER = 64 * 1024
    }
}
