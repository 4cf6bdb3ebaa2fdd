package io.pgqueuer.exposed.internal.connection

import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.ViewTimeoutException
import java.io.IOException
import java.sql.SQLException
import java.sql.SQLTransientConnectionException

/**
 * Whether running the whole transaction again is likely to succeed, because it lost a race against another one. The SQL
 * states, here and below, are those of https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */
internal val SQLException.isLostRace: Boolean
    get() = sqlState in LOST_RACE

/** Whether the server or the connection is read-only, for example the old primary after a failover. */
internal val SQLException.isReadOnly: Boolean
    get() = sqlState == READ_ONLY

/** Whether the server cannot be reached, is starting or stopping, or has no connection to give: this can pass. */
internal val SQLException.isOutage: Boolean
    get() = sqlState.orEmpty().run { (startsWith("08") && this != DISAGREEMENT) || this in UNREADY }

/** Whether a connection that failed with this error must not be reused. */
internal val Throwable.leavesUseless: Boolean
    get() = generateSequence(this) { it.cause }.take(MAX_CAUSES).any {
        it is IOException || (it is SQLException && it.sqlState.orEmpty().run { startsWith("08") || this in USELESS })
    }

/**
 * Translates [failure] into one of the library's own exceptions; null if none of them fits.
 *
 * @param target the server and the database, for messages.
 */
internal fun translate(failure: Throwable, target: String): RuntimeException? {
    val causes = generateSequence(failure) { it.cause }.take(MAX_CAUSES).toList()
    // The innermost exception is from the server or the driver; the pool's exception wraps it.
    val cause = causes.lastOrNull { it is SQLException && it.sqlState != null } ?: causes.last()
    val state = (cause as? SQLException)?.sqlState.orEmpty()
    val text = "$target: ${cause.firstLine()}"
    if (failure is ViewTimeoutException) return null
    if (failure is OverdueException) return StoreUnavailableException(failure.describe(target), failure)

    val schemaFix = schemaFix(state)
    val fix = connectionFix(state)
    return when {
        causes.any { it is SQLException && it.sqlState == ABORTED } -> aborted(text, failure)
        schemaFix != null -> SchemaException("$text; $schemaFix")
        fix != null -> StoreUnavailableException("$text; $fix", failure)
        state.startsWith(DATA_EXCEPTION) -> IllegalArgumentException(text, failure)
        causes.any { it is IOException } -> StoreUnavailableException("$text; $UNREACHABLE", failure)
        causes.any { it is SQLTransientConnectionException } -> StoreUnavailableException("$text; $EXHAUSTED", failure)
        else -> null
    }
}

private fun schemaFix(state: String): String? = when (state) {
    "42P01", "42703", "42704", "42883", "42P10", "3F000" ->
        "run `pgq install`, or `pgq upgrade` where an older schema is installed, or check prefix and schema"

    "42501" -> "grant the user what it needs"

    "2BP01" -> "drop what depends on it first"

    else -> null
}

private fun connectionFix(state: String): String? = when (state) {
    "08003" -> "the connection is closed; call this before the transaction ends, on a connection that is open"

    // The driver gives up during authentication or the start of TLS: the server answered.
    DISAGREEMENT -> "the server answered, but they did not agree: give a password if it asks for one, and check sslmode"

    "25P03", "25P04" ->
        "the server ended the transaction for its duration; see idle_in_transaction_session_timeout and " +
            "transaction_timeout"

    // The driver has prepared the statement on a connection to the server that others use as well.
    "26000", "42P05" ->
        "if a pooler such as PgBouncer in transaction mode is between, set the driver's property prepareThreshold=0"

    else -> fixOfClass(state)
}

private fun fixOfClass(state: String): String? = when (state.take(CLASS)) {
    "08" -> UNREACHABLE

    "28" -> "check user, password and the server's pg_hba.conf"

    "3D" -> "create the database, or name another one"

    "40", "23" -> "other transactions were in the way again and again; try again"

    "53" -> "the server is out of connections, memory or disk: use fewer or smaller pools, or give it more"

    "55", "57", "58" -> "the server stopped the statement; see its log"

    "25" ->
        "a primary server is needed, as with target_session_attrs=primary; default_transaction_read_only must be " +
            "off, and a pool must not make its connections read-only"

    else -> null
}

private fun aborted(text: String, failure: Throwable) = IllegalStateException(
    "an earlier statement failed, so that the transaction is aborted; roll back, to a savepoint from before that " +
        "statement or as a whole ($text)",
    failure,
)

private fun Throwable.firstLine(): String = message.orEmpty().lineSequence().first().removeSuffix(".").ifEmpty {
    javaClass.simpleName
}

private fun OverdueException.describe(target: String) =
    "$target: a call took longer than $bound and was broken off, it may or may not have taken effect; look " +
        "for locks that others hold (pg_locks), the server's load, and the network"

private const val READ_ONLY = "25006"
private const val ABORTED = "25P02"
private const val DISAGREEMENT = "08004"

/** The server ends the connection (shutdown, crash, or an operator), or it is read-only. */
private val USELESS = setOf("57P01", "57P02", "57P03", "57P05", READ_ONLY)

/** The server starts or stops, or all its connections are taken. */
private val UNREADY = setOf("57P03", "53300")

private val LOST_RACE = setOf(
    // Serialization failure, deadlock, and a unique key that another transaction took after it was checked.
    "40001",
    "40P01",
    "23505",
)

private const val DATA_EXCEPTION = "22"
private const val CLASS = 2
private const val MAX_CAUSES = 20
private const val UNREACHABLE = "check that the server runs there and can be reached"
private const val EXHAUSTED = "every connection of the pool is in use: raise its maximum, or hold them for shorter"
