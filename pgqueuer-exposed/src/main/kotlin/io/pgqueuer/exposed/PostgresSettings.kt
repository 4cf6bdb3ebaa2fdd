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
 * How to connect to PostgreSQL: `PostgresSettings { user = "app"; schema = "jobs" }`. `toString` does not show the
 * password.
 */
public class PostgresSettings internal constructor() : Options() {
    /** The user to connect as; default: the operating system user of this process. */
    public var user: String by option(System.getProperty("user.name"), "not empty") { it.isNotEmpty() }

    /** The name of the database. Null (default): the same as [user]. */
    public var database: String? by option(null, "not empty") { it == null || it.isNotEmpty() }

    /** The password. Null (default): the one in the file that `PGPASSFILE` names, or in `~/.pgpass`, or none. */
    public var password: String? by option(null)

    /** The server, or several servers that are tried in order; default `localhost:5432`. */
    public var hosts: List<PostgresHost> by option(listOf(PostgresHost("localhost")), "not empty") { it.isNotEmpty() }

    /**
     * The servers to which workers connect for notifications, if these are not [hosts]; null (default): [hosts]. Set it if
     * [hosts] is a pooler such as PgBouncer in transaction mode, through which notifications do not arrive. It must lead to
     * the same database.
     */
    public var listenerHosts: List<PostgresHost>? by option(null, "null or not empty") { it == null || it.isNotEmpty() }

    /**
     * Additional properties of the PostgreSQL JDBC driver, under the driver's names: `sslmode`, `sslrootcert`,
     * `targetServerType` and so on. With several hosts, `targetServerType` defaults to `primary`.
     */
    public var properties: Map<String, String> by option(emptyMap())

    /** Prefix of every name in the database; default none. */
    public var prefix: String by option("")

    /**
     * The schema of the queue, as it is written: `MyApp` is not `myapp`. Null (default): the search path of the
     * connections.
     */
    public var schema: String? by option(null)

    /** The maximum number of connections, not counting those that listen; at least 1, default 5. */
    public var poolMaxSize: Int by option(5, ">= 1") { it >= 1 }

    /** The timeout for getting a connection; at least 1 s, default 10 s. */
    public var connectTimeout: Duration by option(10.seconds, ">= 1s and finite") { it >= 1.seconds && it.isFinite() }

    /** The name of the connections in `pg_stat_activity`; default `pgqueuer`. */
    public var applicationName: String by option("pgqueuer", "not blank") { it.isNotBlank() }

    override fun check() {
        Names(prefix, schema)
    }

    /**
     * Returns a copy of these settings, changed by [configure].
     *
     * @throws IllegalArgumentException if a value is out of its bounds.
     */
    public fun with(configure: PostgresSettings.() -> Unit): PostgresSettings =
        PostgresSettings().copyOf(this).configured(configure)

    /** The servers and the database, for messages. */
    internal val description: String get() = hosts.joinToString(",") + "/" + databaseName

    internal val databaseName: String get() = database ?: user

    override fun toString(): String = "PostgresSettings($user@$description, " +
        listenerHosts?.let { "listenerHosts=${it.joinToString(",")}, " }.orEmpty() +
        "prefix='$prefix', schema=$schema, poolMaxSize=$poolMaxSize, " +
        "connectTimeout=$connectTimeout, applicationName='$applicationName')"

    public companion object {
        /** The settings with all defaults. */
        public val DEFAULT: PostgresSettings = PostgresSettings {}

        /**
         * Reads a connection string: a URI (`postgresql://user:password@host:port/database?sslmode=require`, with
         * percent-encoding and several hosts) or pairs (`host=… dbname=… user='…'`), in the syntax of libpq. It also
         * accepts the names of the JDBC driver's properties. Values that it does not contain are those of its
         * `service`, if it names one, or else have the defaults above.
         *
         * @throws IllegalArgumentException if a part is invalid; the message names it.
         */
        public fun parse(dsn: String): PostgresSettings {
            val given = ConnectionParameters.ofDsn(dsn)
            val service = given.service ?: return given.toSettings()
            return given.orElse(given.ofService(service, System.getenv())).toSettings()
        }

        /**
         * Reads environment variables. The connection string is in `PGQUEUER_DSN`, otherwise in `PGDSN`; see [parse].
         * Values that it does not contain come from the service that it or `PGSERVICE` names, then from `PGHOST`,
         * `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE` and the other variables of libpq. Other settings
         * come from `PGQUEUER_PREFIX`, `PGQUEUER_SCHEMA`, `PGQUEUER_POOL_MAX_SIZE`, `PGQUEUER_CONNECT_TIMEOUT`
         * (seconds), `PGQUEUER_APPLICATION_NAME` and `PGQUEUER_LISTENER_HOSTS` (as in `db1:5432,db2`). An empty variable
         * counts as unset.
         *
         * @throws IllegalArgumentException if a variable is invalid; the message names it.
         */
        public fun fromEnvironment(environment: Map<String, String> = System.getenv()): PostgresSettings =
            Environment(environment).toSettings()
    }
}

/**
 * Creates settings.
 *
 * @throws IllegalArgumentException if a value is out of its bounds.
 */
public fun PostgresSettings(configure: PostgresSettings.() -> Unit): PostgresSettings =
    PostgresSettings().configured(configure)
