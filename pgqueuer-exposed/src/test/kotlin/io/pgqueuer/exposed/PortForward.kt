package io.pgqueuer.exposed

import java.io.IOException
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/** A port that leads to another one, for as long as it is open: a server that comes and goes. */
internal class PortForward(port: Int, private val target: Int) : AutoCloseable {
    private val server = ServerSocket(port)
    private val sockets = CopyOnWriteArrayList<Socket>()

    val port: Int get() = server.localPort

    init {
        thread(isDaemon = true) {
            untilClosed {
                while (true) {
                    val from = server.accept().also(sockets::add)
                    val to = Socket("localhost", target).also(sockets::add)
                    pump(from, to)
                    pump(to, from)
                }
            }
        }
    }

    private fun pump(from: Socket, to: Socket) = thread(isDaemon = true) {
        untilClosed { from.use { to.use { from.inputStream.transferTo(to.outputStream) } } }
    }

    private fun untilClosed(block: () -> Unit) {
        try {
            block()
        } catch (_: IOException) {
            // Closed, by either side.
        }
    }

    /** Closes the port and breaks its connections. */
    override fun close() {
        server.close()
        sockets.forEach(Socket::close)
    }
}
