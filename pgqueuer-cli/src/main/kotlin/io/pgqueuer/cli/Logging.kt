package io.pgqueuer.cli

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import org.slf4j.LoggerFactory

/** How loud the log on stderr is; `logback.xml` holds its form. */
internal object Logging {
    fun configure(verbose: Boolean) {
        if (verbose) logger("io.pgqueuer").level = Level.DEBUG
    }

    /** Leaves out warnings, for runs whose failures are meant; a verbose log stays verbose. */
    fun hushWarnings() {
        val ours = logger("io.pgqueuer")
        if (ours.level == null) ours.level = Level.ERROR
    }

    private fun logger(name: String) = LoggerFactory.getLogger(name) as Logger
}
