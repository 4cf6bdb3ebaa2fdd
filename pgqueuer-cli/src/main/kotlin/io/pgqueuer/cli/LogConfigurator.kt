package io.pgqueuer.cli

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.LoggerContext
import ch.qos.logback.classic.encoder.PatternLayoutEncoder
import ch.qos.logback.classic.spi.Configurator
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.ConsoleAppender
import ch.qos.logback.core.joran.spi.ConsoleTarget
import ch.qos.logback.core.spi.ContextAwareBase

/** The name of the appender of [LogConfigurator]. */
internal const val STDERR = "STDERR"

/**
 * Configures logging: warnings and errors go to stderr, because stdout is for the output of the command. Logback finds
 * this class as a service. It does nothing if the system property `logback.configurationFile` names a configuration.
 *
 * Code, not `logback.xml`: to read a configuration from XML takes a third of the time in which a command starts.
 */
internal class LogConfigurator :
    ContextAwareBase(),
    Configurator {
    override fun configure(loggerContext: LoggerContext): ExecutionStatus {
        if (Logging.configurationFile != null) return ExecutionStatus.INVOKE_NEXT_IF_ANY
        val format = PatternLayoutEncoder().apply {
            context = loggerContext
            pattern = "%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n%ex{full}"
            start()
        }
        val stderr = ConsoleAppender<ILoggingEvent>().apply {
            context = loggerContext
            name = STDERR
            target = ConsoleTarget.SystemErr.getName()
            encoder = format
            start()
        }
        with(loggerContext.getLogger(Logger.ROOT_LOGGER_NAME)) {
            level = Level.WARN
            addAppender(stderr)
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY
    }
}
