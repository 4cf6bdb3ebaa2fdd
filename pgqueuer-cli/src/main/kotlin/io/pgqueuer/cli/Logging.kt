package io.pgqueuer.cli

import ch.qos.logback.classic.ClassicConstants
import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.encoder.JsonEncoder
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.ConsoleAppender
import org.slf4j.LoggerFactory

/** Which messages are logged to stderr, beside what [LogConfigurator] has set. */
internal object Logging {
    /** The configuration of Logback that the user has set instead of [LogConfigurator], or null. */
    val configurationFile: String? get() = System.getProperty(ClassicConstants.CONFIG_FILE_PROPERTY)

    fun configure(verbose: Boolean) {
        if (verbose) logger("io.pgqueuer").level = Level.DEBUG
    }

    /** Leaves out warnings, for commands whose jobs fail on purpose. A verbose log stays verbose. */
    fun hushWarnings() {
        val ours = logger("io.pgqueuer")
        if (ours.level == null) ours.level = Level.ERROR
    }

    /** Leaves everything out, for commands that make workers fail. */
    fun silence() {
        logger(Logger.ROOT_LOGGER_NAME).level = Level.OFF
        logger("io.pgqueuer").level = Level.OFF
    }

    /** Writes one JSON object on each line, with the messages of the command as well. Needs [LogConfigurator]. */
    fun writeJson() {
        val console = logger(Logger.ROOT_LOGGER_NAME).getAppender(STDERR) as ConsoleAppender<ILoggingEvent>
        console.encoder = JsonEncoder().apply {
            context = console.context
            start()
        }
        logger("io.pgqueuer.cli").level = Level.INFO
    }

    private fun logger(name: String) = LoggerFactory.getLogger(name) as Logger
}
