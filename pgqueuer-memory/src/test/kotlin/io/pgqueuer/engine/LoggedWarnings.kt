package io.pgqueuer.engine

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.AppenderBase
import org.slf4j.LoggerFactory
import java.util.concurrent.CopyOnWriteArrayList

/** Runs [block], and returns the warnings that [logger] logged meanwhile. */
internal suspend fun warningsOf(logger: String, block: suspend () -> Unit): List<String> {
    val warnings = CopyOnWriteArrayList<String>()
    val appender = object : AppenderBase<ILoggingEvent>() {
        override fun append(event: ILoggingEvent) {
            if (event.level == Level.WARN) warnings += event.formattedMessage
        }
    }
    val source = LoggerFactory.getLogger(logger) as Logger
    val level = source.level
    source.level = Level.WARN
    appender.start()
    source.addAppender(appender)
    try {
        block()
    } finally {
        source.detachAppender(appender)
        source.level = level
    }
    return warnings
}
