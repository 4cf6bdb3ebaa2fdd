package io.pgqueuer.exposed

import io.pgqueuer.test.PostgresDatabase

private const val GATE = 4713

/** Stops each claim of a [stoppableBackend] when it has locked its first row, until [LET_CLAIMS_GO_ON] in the same session. */
internal const val STOP_CLAIMS = "SELECT pg_advisory_lock($GATE)"
internal const val LET_CLAIMS_GO_ON = "SELECT pg_advisory_unlock($GATE)"

/** Makes a backend with one connection, whose claims can be stopped. */
internal fun PostgresDatabase.stoppableBackend(): PostgresBackend {
    execute(STOP_AT_FIRST_ROW)
    return backend {
        poolMaxSize = 1
        properties += "options" to "-c search_path=stops,pg_catalog,public"
    }
}

/** A function that a claim calls for each row that it has locked. Here it waits before it returns. */
private const val STOP_AT_FIRST_ROW = """
    CREATE SCHEMA stops;
    CREATE FUNCTION stops.octet_length(bytea) RETURNS int LANGUAGE plpgsql STABLE SET lock_timeout = 0 AS $$
    BEGIN
        PERFORM pg_advisory_lock_shared($GATE), pg_advisory_unlock_shared($GATE);
        RETURN pg_catalog.octet_length($1);
    END
    $$;
"""
