package io.pgqueuer.engine.running

import io.pgqueuer.Severity
import io.pgqueuer.failures.MAX_FAILURE_BYTES
import io.pgqueuer.failures.StackTraceText
import org.slf4j.Logger

/**
 * Logs [message] with [failure] attached, which error trackers need.
 *
 * A logger calls the failure's own code. If that misbehaves, or if the failure is larger than what a log row keeps, its
 * stack trace is logged as text instead. Call it where the failure's code can harm only its own job.
 */
internal fun Logger.log(severity: Severity, message: String, failure: Throwable) {
    if (!isEnabled(severity)) return
    val stackTrace = StackTraceText(MAX_FAILURE_BYTES).append(failure)
    if (stackTrace.isWhole) {
        try {
            return write(severity, message, failure)
        } catch (_: Throwable) {
            // Its code behaves differently when a logger calls it.
        }
    }
    write(severity, "$message\n$stackTrace", null)
}

private fun Logger.isEnabled(severity: Severity): Boolean = when (severity) {
    Severity.OFF -> false
    Severity.DEBUG -> isDebugEnabled
    Severity.INFO -> isInfoEnabled
    Severity.WARN -> isWarnEnabled
    Severity.ERROR -> isErrorEnabled
}

private fun Logger.write(severity: Severity, message: String, failure: Throwable?) = when (severity) {
    Severity.OFF -> Unit
    Severity.DEBUG -> debug(message, failure)
    Severity.INFO -> info(message, failure)
    Severity.WARN -> warn(message, failure)
    Severity.ERROR -> error(message, failure)
}
