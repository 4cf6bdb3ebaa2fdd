package io.pgqueuer.cli.metrics

import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.cli.CommandException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.UnknownHostException

/**
 * Where metrics are served: `--port`, `--host` and `--insecure`.
 *
 * @param prefix stands in the names of the options, as in `--metrics-port`.
 * @param defaultPort null if metrics are served only if a port is given.
 */
internal class EndpointOptions(
    private val prefix: String = "",
    private val defaultPort: Int? = null,
) : OptionGroup("Metrics") {
    private val port by option("--${prefix}port").int().restrictTo(0..65_535)
        .help(
            "where to serve metrics, at /metrics; 0 takes any free port (default: " +
                "${defaultPort ?: "no metrics"})",
        )
    private val host by option("--${prefix}host").default(LOOPBACK)
        .help("the address to serve metrics at (default: $LOOPBACK, for this machine alone)")
    private val insecure by option("--${prefix}insecure").flag()
        .help("serve metrics to other machines: whoever reaches the port can read them, without credentials")
    private val portOrDefault: Int? get() = port ?: defaultPort

    /**
     * Returns where to serve metrics; null if nowhere.
     *
     * @throws UsageError if other machines could reach it and nobody said that they may.
     * @throws CommandException if the host is unknown.
     */
    fun address(): InetSocketAddress? {
        val port = portOrDefault ?: return null
        val address = try {
            InetAddress.getByName(host)
        } catch (e: UnknownHostException) {
            throw CommandException("--${prefix}host $host is not an address of this machine: ${e.message}", e)
        }
        if (!address.isLoopbackAddress && !insecure) {
            throw UsageError(
                "--${prefix}host $host lets other machines read the metrics without credentials; " +
                    "add --${prefix}insecure if they may, or leave the host out",
            )
        }
        return InetSocketAddress(address, port)
    }

    /** What to change if the address is in use. */
    val portOption: String get() = "--${prefix}port"

    private companion object {
        const val LOOPBACK = "127.0.0.1"
    }
}
