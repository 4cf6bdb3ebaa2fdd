package io.pgqueuer.cli.torture.record

import kotlin.time.Instant

/** Something that was done to the workers or to the server. [label] is what the report calls it, if it happened often. */
internal enum class FaultKind(
    val label: String,
) {
    KILL("workers killed"),
    STOP("workers stopped"),
    SHUTDOWN("workers shut down"),
    CUT_LISTENER("listeners cut"),
    CUT_CONNECTIONS("connections cut"),
    CRASH("servers crashed"),
    SILENCE("notifications off"),
}

/**
 * A fault that was made.
 *
 * @property processes the workers that it hit; empty if it hit the server.
 * @property from when it began; for a crash, when the server had ended.
 * @property to when it was over: the process ran again, the server answered again.
 */
internal class Fault(
    val kind: FaultKind,
    val processes: Set<Int>,
    val from: Instant,
    val to: Instant,
) {
    override fun toString(): String = "$kind ${processes.joinToString(",")} $from $to".replace("  ", " ")
}
