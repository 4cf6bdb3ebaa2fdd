package io.pgqueuer.java;

import io.pgqueuer.java.internal.PostgresSettingsKt;
import java.time.Duration;
import java.util.Map;

/**
 * Which PostgreSQL database to use, and how to connect to it. Its text form shows no password.
 *
 * <pre>{@code
 * PostgresSettings.parse("postgresql://ann:secret@db.example.org/app").withPoolMaxSize(10)
 * }</pre>
 *
 * <p>It cannot be changed; each {@code with…} returns a copy, and throws {@link IllegalArgumentException} if the value
 * is out of its bounds.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface PostgresSettings {
    /** The defaults: the user of this process, a database of the user's name, on {@code localhost:5432}. */
    PostgresSettings DEFAULT = PostgresSettingsKt.defaultSettings();

    /**
     * Reads a connection string as libpq does. It is a URI with percent-encoding and one or several hosts
     * ({@code postgresql://user:password@host:port/database?sslmode=require}), or a list of pairs
     * ({@code host=… dbname=… user='…'}). The names of the JDBC driver's properties can be used, too.
     *
     * <p>Defaults: the user of this process, a database of the user's name, {@code localhost:5432}, and no password or
     * the one in {@code ~/.pgpass}.
     *
     * @throws IllegalArgumentException naming the part that is wrong.
     */
    static PostgresSettings parse(String dsn) {
        return PostgresSettingsKt.parse(dsn);
    }

    /** Reads the environment variables of this process; see {@link #fromEnvironment(Map)}. */
    static PostgresSettings fromEnvironment() {
        return fromEnvironment(System.getenv());
    }

    /**
     * Reads environment variables: the connection string in {@code PGQUEUER_DSN}, otherwise in {@code PGDSN}; see
     * {@link #parse}. What it leaves out is read from {@code PGHOST}, {@code PGPORT}, {@code PGDATABASE},
     * {@code PGUSER}, {@code PGPASSWORD} and the other variables of libpq.
     *
     * <p>Also {@code PGQUEUER_PREFIX}, {@code PGQUEUER_SCHEMA}, {@code PGQUEUER_POOL_MAX_SIZE},
     * {@code PGQUEUER_CONNECT_TIMEOUT} (seconds), {@code PGQUEUER_APPLICATION_NAME} and
     * {@code PGQUEUER_LISTENER_HOSTS} (as in {@code db1:5432,db2}). An empty variable counts as
     * unset.
     *
     * @throws IllegalArgumentException naming the variable that is wrong.
     */
    static PostgresSettings fromEnvironment(Map<String, String> environment) {
        return PostgresSettingsKt.fromEnvironment(environment);
    }

    /** Sets what the name of each database object starts with; default: none. */
    PostgresSettings withPrefix(String prefix);

    /** Sets the database schema in which the queue is; default: the search path of the connections. */
    PostgresSettings withSchema(String schema);

    /** Sets the most connections, without those that listen; at least 1, default 5. */
    PostgresSettings withPoolMaxSize(int poolMaxSize);

    /** Sets how long to try to get a connection; at least 1 s, default 10 s. */
    PostgresSettings withConnectTimeout(Duration connectTimeout);

    /** Sets the name of the connections in {@code pg_stat_activity}; default {@code pgqueuer}. */
    PostgresSettings withApplicationName(String applicationName);

    /** Sets the server, instead of all servers that were set before. Several servers can be set by {@link #parse}. */
    PostgresSettings withHost(String host, int port);

    /**
     * Sets the server to which workers connect for notifications. Set it if the server is a pooler such as PgBouncer in
     * transaction mode, through which notifications do not arrive. It must lead to the same database. Default: the server.
     */
    PostgresSettings withListenerHost(String host, int port);

    /** Sets the name of the database. */
    PostgresSettings withDatabase(String database);

    /** Sets the user to connect as. The database stays the same. */
    PostgresSettings withUser(String user);

    /** Sets the password. */
    PostgresSettings withPassword(String password);

    /** Sets a property of the PostgreSQL JDBC driver, by the driver's name for it. */
    PostgresSettings withProperty(String name, String value);
}
