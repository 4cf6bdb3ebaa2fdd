package io.pgqueuer.exposed

import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.settings.ConnectionParameters
import io.pgqueuer.exposed.internal.settings.Environment
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Which PostgreSQL to use, and how. Its text form shows no password.
 *
 * @property database the name of the database; default: that of the [user].
 * @property user whom to connect as; default: the user of this process.
 * @property password null (default) for none, or for what `~/.pgpass` or the file that `PGPASSFILE` names has.
 * @property hosts the server, or several that are tried in order; default `localhost:5432`.
 * @property properties more for the PostgreSQL JDBC driver, by its names: `sslmode`, `sslrootcert`, `targetServerType`
 * and so on. With several hosts, `targetServerType` is `primary` unless it is given.
 * @property prefix goes in front of every name in the database; default none.
 * @property schema where the queue is; default null: the search path of the connections.
 * @property poolMaxSize the most connections, without those that listen; at least 1, default 5.
 * @property connectTimeout how long to try to get a connection; at least 1 s, default 10 s.
 * @property applicationName how connections show up in `pg_stat_activity`; default `pgqueuer`.
 * @throws IllegalArgumentException if a value is out of its bounds.
 */
public data class PostgresSettings(
    val user: String = System.getProperty("user.name"),
    val database: String = user,
    val password: String? = null,
    val hosts: List<PostgresHost> = listOf(PostgresHost("localhost")),
    val properties: Map<String, String> = emptyMap(),
    val prefix: String = "",
    val schema: String? = null,
    val poolMaxSize: Int = 5,
    val connectTimeout: Duration = DEFAULT_CONNECT_TIMEOUT,
    val applicationName: String = "pgqueuer",
) {
    init {
        require(user.isNotEmpty()) { "user must not be empty" }
        require(database.isNotEmpty()) { "database must not be empty" }
        require(hosts.isNotEmpty()) { "hosts must not be empty" }
        Names(prefix, schema)
        require(poolMaxSize >= 1) { "poolMaxSize must be >= 1, was $poolMaxSize" }
        require(connectTimeout >= 1.seconds && connectTimeout.isFinite()) {
            "connectTimeout must be >= 1s and finite, was $connectTimeout"
        }
        require(applicationName.isNotBlank()) { "applicationName must not be blank" }
    }

    /** The servers and the database, as messages show them. */
    internal val description: String get() = hosts.joinToString(",") + "/" + database

    override fun toString(): String =
        "PostgresSettings($user@$description, prefix='$prefix', schema=$schema, poolMaxSize=$poolMaxSize, " +
            "connectTimeout=$connectTimeout, applicationName='$applicationName')"

    public companion object {
        internal val DEFAULT_CONNECT_TIMEOUT: Duration = 10.seconds

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
