package io.pgqueuer.exposed.internal.connection

import java.io.FilterInputStream
import java.io.InputStream
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.Socket
import java.net.SocketTimeoutException
import javax.net.SocketFactory

/**
 * The driver's sockets of connections that listen.
 *
 * When the driver has received a notification, it looks whether more has arrived, by a read with the shortest timeout
 * there is, 1 ms (`PGStream.hasMessagePending`). Only then does it return the notification. Here, such a read does not
 * wait.
 *
 * The driver creates this by its name.
 */
internal class PromptSockets : SocketFactory() {
    override fun createSocket(): Socket = PromptSocket()

    override fun createSocket(host: String, port: Int): Socket = connected(InetSocketAddress(host, port))

    override fun createSocket(host: InetAddress, port: Int): Socket = connected(InetSocketAddress(host, port))

    override fun createSocket(host: String, port: Int, localHost: InetAddress, localPort: Int): Socket =
        connected(InetSocketAddress(host, port), InetSocketAddress(localHost, localPort))

    override fun createSocket(host: InetAddress, port: Int, localHost: InetAddress, localPort: Int): Socket =
        connected(InetSocketAddress(host, port), InetSocketAddress(localHost, localPort))

    private fun connected(to: InetSocketAddress, from: InetSocketAddress? = null): Socket = createSocket().apply {
        bind(from)
        connect(to)
    }

    companion object {
        /** The name of this class; null if the driver's class loader does not find it. */
        val nameForDriver: String? by lazy {
            val name = PromptSockets::class.java.name
            val found = runCatching { Class.forName(name, false, org.postgresql.Driver::class.java.classLoader) }
            name.takeIf { found.getOrNull() == PromptSockets::class.java }
        }
    }
}

private class PromptSocket : Socket() {
    @Volatile private var timeout = 0
    private val input by lazy { PromptStream(super.getInputStream()) { timeout } }

    override fun setSoTimeout(timeout: Int) {
        super.setSoTimeout(timeout)
        this.timeout = timeout
    }

    override fun getInputStream(): InputStream {
        // It fails if the socket is not connected, or closed.
        super.getInputStream()
        return input
    }
}

/** Reads [input]. While [timeout] is the shortest one, a read fails at once if nothing has arrived. */
internal class PromptStream(
    input: InputStream,
    private val timeout: () -> Int,
) : FilterInputStream(input) {
    override fun read(): Int {
        failIfNothing()
        return super.read()
    }

    override fun read(bytes: ByteArray, offset: Int, length: Int): Int {
        failIfNothing()
        return super.read(bytes, offset, length)
    }

    private fun failIfNothing() {
        if (timeout() == SHORTEST && available() == 0) throw SocketTimeoutException("nothing has arrived")
    }

    private companion object {
        const val SHORTEST = 1
    }
}
