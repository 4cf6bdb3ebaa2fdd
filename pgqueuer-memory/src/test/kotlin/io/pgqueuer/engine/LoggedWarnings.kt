package io.pgqueuer.engine

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.AppenderBase
import org.slf4j.LoggerFactory
import java.util.concurrent.CopyOnWriteArrayList

/** The logger of what operators need to know. */
internal const val WORKER_LOG = "io.pgqueuer.Worker"

/** Runs [block], and returns the warnings that [logger] logged meanwhile. */
internal suspend fun warningsOf(logger: String, block: suspend () -> Unit): List<String> =
    loggedBy(logger, Level.WARN, block).filter { it.level == Level.WARN }.map { it.formattedMessage }

/** Runs [block], and returns what [logger] logged meanwhile at [level] or above. */
internal suspend fun loggedBy(logger: String, level: Level, block: suspend () -> Unit): List<ILoggingEvent> {
    val events = CopyOnWriteArrayList<ILoggingEvent>()
    val appender = object : AppenderBase<ILoggingEvent>() {
        override fun append(event: ILoggingEvent) {
            event.prepareForDeferredProcessing()
            events += event
        }
    }
    val source = LoggerFactory.getLogger(logger) as Logger
    val before = source.level
    source.level = level
    appender.start()
    source.addAppender(appender)
    try {
        block()
    } finally {
        source.detachAppender(appender)
        source.level = before
    }
    return events
}
