package io.pgqueuer.cli

import io.pgqueuer.PgQueuerException

/** An error that the user can fix. Its message says what is wrong, with the value, and what to do. */
internal class CommandException(
    message: String,
    cause: Throwable? = null,
) : Exception(message, cause)

/** Returns one line that says what went wrong. */
internal fun errorLine(error: Throwable): String =
    "pgq: ${expectedError(error) ?: "$error (use --verbose for the stack trace)".oneLine()}"

/** Returns one line that says what the user can fix; null if the error is unexpected. */
internal fun expectedError(error: Throwable): String? = when (error) {
    is CommandException, is PgQueuerException, is IllegalArgumentException -> error.message ?: error.toString()
    else -> null
}?.oneLine()

/** Joins the lines of a text: errors of servers have several. */
internal fun String.oneLine(): String = lineSequence().map(String::trim).filter(String::isNotEmpty).joinToString(" ")
