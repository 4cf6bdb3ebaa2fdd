package io.pgqueuer.exposed.internal

import io.pgqueuer.domain.SchemaException
import io.pgqueuer.domain.StoreUnavailableException
import java.io.IOException
import java.sql.SQLException
import java.sql.SQLTransientConnectionException

/** Whether running the whole transaction again may well succeed: it lost against another one. */
internal val SQLException.isLostRace: Boolean
    get() = sqlState in setOf(SERIALIZATION_FAILURE, DEADLOCK, UNIQUE_VIOLATION)

/**
 * Says what [failure] means to the caller, in the library's own exceptions; null where it is none of theirs.
 *
 * @param target the server and database, for messages: `host:port/database`.
 */
internal fun translate(failure: Throwable, target: String): RuntimeException? {
    val causes = generateSequence(failure) { it.cause }.take(MAX_CAUSES).toList()
    val sql = causes.filterIsInstance<SQLException>().lastOrNull()
    val state = sql?.sqlState.orEmpty()
    return when {
        state.startsWith("28") -> unavailable(target, sql, "check user, password and pg_hba.conf")

        state == "3D000" -> unavailable(target, sql, "create the database, or name another one")

        state == "53300" -> unavailable(target, sql, "make pools smaller, or raise max_connections on the server")

        state == "25006" -> unavailable(target, sql, "connect to the primary, as with target_session_attrs=primary")

        state in MISSING_OBJECT -> SchemaException(
            "$target: ${sql?.firstLine()}; run `pgq install`, or `pgq upgrade` where an older schema is installed, " +
                "or check prefix and schema",
        )

        state == "42501" -> SchemaException("$target: ${sql?.firstLine()}; grant the user what it needs")

        state == "2BP01" -> SchemaException("$target: ${sql?.firstLine()}; drop what depends on it first")

        state.startsWith("22") -> IllegalArgumentException("$target: ${sql?.firstLine()}", failure)

        state.startsWith("08") || state.isUnavailable() || sql?.isLostRace == true -> unavailable(
            target,
            sql,
            "check that the server runs and can be reached",
        )

        causes.any { it is SQLTransientConnectionException } -> unavailable(
            target,
            causes.firstNotNullOf { it as? SQLTransientConnectionException },
            "all connections of the pool are in use: raise its maximum, or hold them for shorter",
        )

        causes.any { it is IOException } -> unavailable(
            target,
            causes.last(),
            "check that the server runs and can be reached",
        )

        else -> null
    }
}

private fun unavailable(target: String, cause: Throwable?, mend: String) =
    StoreUnavailableException("$target: ${cause?.firstLine()}; $mend", cause)

/** Shutdown or crash of the server, out of disk or memory, a cancelled statement, a lock not to be had in time. */
private fun String.isUnavailable() = startsWith("57") || startsWith("53") || startsWith("58") || this == "55P03"

private fun Throwable.firstLine(): String =
    message.orEmpty().lineSequence().firstOrNull().orEmpty().ifEmpty { javaClass.simpleName }

private val MISSING_OBJECT = setOf("42P01", "42703", "42883", "42704", "3F000", "42P10")
private const val SERIALIZATION_FAILURE = "40001"
private const val DEADLOCK = "40P01"
private const val UNIQUE_VIOLATION = "23505"
private const val MAX_CAUSES = 20
