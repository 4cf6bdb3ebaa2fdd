package io.pgqueuer.exposed

import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.AppenderBase
import org.slf4j.LoggerFactory

/** Runs [block] and passes what [logger] logs meanwhile to [onMessage]. */
internal suspend fun watchingLog(logger: String, onMessage: (String) -> Unit, block: suspend () -> Unit) {
    val appender = object : AppenderBase<ILoggingEvent>() {
        override fun append(event: ILoggingEvent) = onMessage(event.formattedMessage)
    }
    val source = LoggerFactory.getLogger(logger) as Logger
    appender.start()
    source.addAppender(appender)
    try {
        block()
    } finally {
        source.detachAppender(appender)
    }
}
