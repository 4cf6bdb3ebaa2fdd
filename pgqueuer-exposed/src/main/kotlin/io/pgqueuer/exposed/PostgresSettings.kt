package io.pgqueuer.exposed

import io.pgqueuer.Options
import io.pgqueuer.configured
import io.pgqueuer.copyOf
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.settings.ConnectionParameters
import io.pgqueuer.exposed.internal.settings.Environment
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Which PostgreSQL to use, and how: `PostgresSettings { user = "app"; schema = "jobs" }`. Its text form shows no password.
 */
public class PostgresSettings internal constructor() : Options() {
    /** The user to connect as; default: the user of this process. */
    public var user: String by option(System.getProperty("user.name"), "not empty") { it.isNotEmpty() }

    /** The name of the database. Null (default) means the name of the [user]. */
    public var database: String? by option(null, "not empty") { it == null || it.isNotEmpty() }

    /** Null (default) for none, or for what `~/.pgpass` or the file that `PGPASSFILE` names has. */
    public var password: String? by option(null)

    /** The server, or several that are tried in order; default `localhost:5432`. */
    public var hosts: List<PostgresHost> by option(listOf(PostgresHost("localhost")), "not empty") { it.isNotEmpty() }

    /**
     * Further properties of the PostgreSQL JDBC driver, by its names: `sslmode`, `sslrootcert`, `targetServerType` and so
     * on. With several hosts, `targetServerType` is `primary` unless it is given.
     */
    public var properties: Map<String, String> by option(emptyMap())

    /** Stands in front of every name in the database; default none. */
    public var prefix: String by option("")

    /** The schema of the queue. Null (default) means the search path of the connections. */
    public var schema: String? by option(null)

    /** The most connections, without those that listen; at least 1, default 5. */
    public var poolMaxSize: Int by option(5, ">= 1") { it >= 1 }

    /** How long to try to get a connection; at least 1 s, default 10 s. */
    public var connectTimeout: Duration by option(10.seconds, ">= 1s and finite") { it >= 1.seconds && it.isFinite() }

    /** The name of the connections in `pg_stat_activity`; default `pgqueuer`. */
    public var applicationName: String by option("pgqueuer", "not blank") { it.isNotBlank() }

    override fun check() {
        Names(prefix, schema)
    }

    /**
     * Returns these settings with what [configure] changes.
     *
     * @throws IllegalArgumentException if a value is then out of its bounds.
     */
    public fun with(configure: PostgresSettings.() -> Unit): PostgresSettings =
        PostgresSettings().copyOf(this).configured(configure)

    /** The servers and the database, as messages show them. */
    internal val description: String get() = hosts.joinToString(",") + "/" + databaseName

    /** The name of the database. */
    internal val databaseName: String get() = database ?: user

    override fun toString(): String =
        "PostgresSettings($user@$description, prefix='$prefix', schema=$schema, poolMaxSize=$poolMaxSize, " +
            "connectTimeout=$connectTimeout, applicationName='$applicationName')"

    public companion object {
        /** The defaults. */
        public val DEFAULT: PostgresSettings = PostgresSettings {}

        /**
         * Reads a connection string: a URI (`postgresql://user:password@host:port/database?sslmode=require`, with
         * percent-encoding and several hosts) or pairs (`host=… dbname=… user='…'`), as libpq reads them; the names of
         * the JDBC driver's properties are understood too. What it leaves out has the defaults above.
         *
         * @throws IllegalArgumentException naming the part that is wrong.
         */
        public fun parse(dsn: String): PostgresSettings = ConnectionParameters.ofDsn(dsn).toSettings()

        /**
         * Reads environment variables: `PGQUEUER_DSN`, else `PGDSN`, as [parse] does; what that leaves out, and all
         * where there is none, from `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE` and the other
         * variables of libpq. Beside it `PGQUEUER_PREFIX`, `PGQUEUER_SCHEMA`, `PGQUEUER_POOL_MAX_SIZE`,
         * `PGQUEUER_CONNECT_TIMEOUT` (seconds) and `PGQUEUER_APPLICATION_NAME`. Empty ones count as unset.
         *
         * @throws IllegalArgumentException naming the variable that is wrong.
         */
        public fun fromEnvironment(environment: Map<String, String> = System.getenv()): PostgresSettings =
            Environment(environment).toSettings()
    }
}

/**
 * Makes settings.
 *
 * @throws IllegalArgumentException if a value is out of its bounds.
 */
public fun PostgresSettings(configure: PostgresSettings.() -> Unit): PostgresSettings =
    PostgresSettings().configured(configure)
