package io.pgqueuer.cli.web

/** The address at which only this machine can reach a server. */
internal const val LOOPBACK = "127.0.0.1"

/**
 * Whether [host] is `localhost` or a loopback address. Another name is not, whatever it resolves to: anybody can give a
 * name of theirs, such as `127.example.org`, the address of this machine.
 */
internal fun isLoopback(host: String): Boolean =
    host == "localhost" || host.removeSurrounding("[", "]") == "::1" || LOOPBACK_V4.matches(host)

private val LOOPBACK_V4 = Regex("""127(\.\d{1,3}){3}""")
