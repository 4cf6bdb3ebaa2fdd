package io.pgqueuer.java;

import io.pgqueuer.java.internal.OptionsKt;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which PostgreSQL to use, and how; immutable. Its text form shows no password.
 *
 * <p>Each {@code with…} returns a copy, and throws {@link IllegalArgumentException} if the value is out of its bounds.
 */
public final class PostgresSettings {
    private final io.pgqueuer.exposed.PostgresSettings core;

    private PostgresSettings(io.pgqueuer.exposed.PostgresSettings core) {
        this.core = core;
    }

    /**
     * Reads a connection string: a URI ({@code postgresql://user:password@host:port/database?sslmode=require}, with
     * percent-encoding and several hosts) or pairs ({@code host=… dbname=… user='…'}), as libpq reads them; the names
     * of the JDBC driver's properties are understood too. What it leaves out: this process's user, a database of the
     * user's name, {@code localhost:5432}, no password or that of {@code ~/.pgpass}.
     *
     * @throws IllegalArgumentException naming the part that is wrong.
     */
    public static PostgresSettings parse(String dsn) {
        return new PostgresSettings(io.pgqueuer.exposed.PostgresSettings.Companion.parse(dsn));
    }

    /** Reads the environment variables of this process, as {@link #fromEnvironment(Map)} does. */
    public static PostgresSettings fromEnvironment() {
        return fromEnvironment(System.getenv());
    }

    /**
     * Reads environment variables: {@code PGQUEUER_DSN}, else {@code PGDSN}, as {@link #parse} does; what that leaves
     * out from {@code PGHOST}, {@code PGPORT}, {@code PGDATABASE}, {@code PGUSER}, {@code PGPASSWORD} and the other
     * variables of libpq. Beside it {@code PGQUEUER_PREFIX}, {@code PGQUEUER_SCHEMA}, {@code PGQUEUER_POOL_MAX_SIZE},
     * {@code PGQUEUER_CONNECT_TIMEOUT} (seconds) and {@code PGQUEUER_APPLICATION_NAME}. Empty ones count as unset.
     *
     * @throws IllegalArgumentException naming the variable that is wrong.
     */
    public static PostgresSettings fromEnvironment(Map<String, String> environment) {
        return new PostgresSettings(io.pgqueuer.exposed.PostgresSettings.Companion.fromEnvironment(environment));
    }

    /** Sets what goes in front of every name in the database; default empty. */
    public PostgresSettings withPrefix(String prefix) {
        return new PostgresSettings(OptionsKt.withPrefix(core, prefix));
    }

    /** Sets where the queue is; default null: the search path of the connections. */
    public PostgresSettings withSchema(@Nullable String schema) {
        return new PostgresSettings(OptionsKt.withSchema(core, schema));
    }

    /** Sets the most connections, without those that listen; at least 1, default 5. */
    public PostgresSettings withPoolMaxSize(int poolMaxSize) {
        return new PostgresSettings(OptionsKt.withPoolMaxSize(core, poolMaxSize));
    }

    /** Sets how long to try to get a connection; at least 1 s, default 10 s. */
    public PostgresSettings withConnectTimeout(Duration connectTimeout) {
        return new PostgresSettings(OptionsKt.withConnectTimeout(core, connectTimeout));
    }

    /** Sets how connections show up in {@code pg_stat_activity}; default {@code pgqueuer}. */
    public PostgresSettings withApplicationName(String applicationName) {
        return new PostgresSettings(OptionsKt.withApplicationName(core, applicationName));
    }

    /** Sets whom to connect as. */
    public PostgresSettings withUser(String user) {
        return new PostgresSettings(OptionsKt.withUser(core, user));
    }

    /** Sets the password; null for none. */
    public PostgresSettings withPassword(@Nullable String password) {
        return new PostgresSettings(OptionsKt.withPassword(core, password));
    }

    /** Sets a property of the PostgreSQL JDBC driver, by its name there. */
    public PostgresSettings withProperty(String name, String value) {
        return new PostgresSettings(OptionsKt.withProperty(core, name, value));
    }

    io.pgqueuer.exposed.PostgresSettings core() {
        return core;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PostgresSettings settings && settings.core.equals(core);
    }

    @Override
    public int hashCode() {
        return core.hashCode();
    }

    @Override
    public String toString() {
        return core.toString();
    }
}
