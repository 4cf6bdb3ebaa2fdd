package io.pgqueuer.cli

import io.pgqueuer.PgQueuerException

/** An error that a user can mend: its message says what is wrong, with the value, and what to do. */
internal class CommandException(
    message: String,
    cause: Throwable? = null,
) : Exception(message, cause)

/** Says in one line what went wrong. */
internal fun errorLine(error: Throwable): String = "pgq: " + when (error) {
    is CommandException, is PgQueuerException, is IllegalArgumentException -> error.message ?: error.toString()
    else -> "$error (--verbose shows where)"
}.oneLine()

/** Joins the lines of a text, as errors of servers have several. */
internal fun String.oneLine(): String = lineSequence().map(String::trim).filter(String::isNotEmpty).joinToString(" ")
