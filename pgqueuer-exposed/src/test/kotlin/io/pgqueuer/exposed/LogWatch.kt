package io.pgqueuer.exposed

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.Logger
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.core.AppenderBase
import org.slf4j.LoggerFactory

/** Runs [block] and passes what [logger] logs meanwhile to [onMessage]; at [level] and above if it is not null. */
internal suspend fun watchingLog(
    logger: String,
    onMessage: (String) -> Unit,
    level: Level? = null,
    block: suspend () -> Unit,
) {
    val appender = object : AppenderBase<ILoggingEvent>() {
        override fun append(event: ILoggingEvent) = onMessage(event.formattedMessage)
    }
    val source = LoggerFactory.getLogger(logger) as Logger
    val before = source.level
    if (level != null) source.level = level
    appender.start()
    source.addAppender(appender)
    try {
        block()
    } finally {
        source.detachAppender(appender)
        source.level = before
    }
}
