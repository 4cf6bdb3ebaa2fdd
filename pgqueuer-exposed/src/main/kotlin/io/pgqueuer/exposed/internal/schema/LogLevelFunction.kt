package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.LogLevel

/** The function with a constant body that our statements ask for the log level. */
internal class LogLevelFunction(
    private val names: Names,
) {
    /** The digests of the bodies that return a level. */
    val knownBodies: Set<String> = LogLevel.entries.map { FunctionBody.digest(body(it)) }.toSet()

    /** SQL that is true if the function does not exist, or has another body. */
    val isUnknownSql: String = FunctionBody.isUnknownSql(names.logLevel, knownBodies, FunctionBody.digestSql("prosrc"))

    /** Creates the function, or replaces its body. */
    fun create(level: LogLevel): String =
        "CREATE OR REPLACE FUNCTION ${names.logLevel}() RETURNS text LANGUAGE sql STABLE " +
            "AS \$level\$${body(level)}\$level\$;"

    private fun body(level: LogLevel) = "SELECT '${level.label}'::text"
}
