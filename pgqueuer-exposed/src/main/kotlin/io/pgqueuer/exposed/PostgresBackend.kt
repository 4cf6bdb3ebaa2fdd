package io.pgqueuer.exposed

import io.pgqueuer.BackendOptions
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.exposed.internal.connection.Connections
import javax.sql.DataSource

/**
 * Makes a queue in the PostgreSQL that [settings] name.
 *
 * It connects when it is first used, with a small pool of its own and one connection more for each worker that listens;
 * closing the backend closes the pool.
 *
 * Its calls throw [StoreUnavailableException] when the server cannot be reached within
 * [PostgresSettings.connectTimeout] or does not let us in, and [SchemaException] when the queue is not installed there.
 *
 * Enqueueing, canceling and the like, when called inside an Exposed transaction on the same database, become a part of
 * that transaction, however its URL spells the host. Inside a transaction that they cannot join (on another database, or
 * finished) they throw [IllegalStateException]; see [inOwnTransaction].
 *
 * A call whose caller is cancelled returns at once, also if the database does not answer; within two seconds what it was
 * doing has ended or was broken off. A call that nobody cancels fails with [StoreUnavailableException] after a minute
 * (an enqueue of many jobs a second later for every 1,000 of them), except for those that may take long: clearing the
 * queue, reading insights, and changing the schema.
 */
public fun postgresBackend(settings: PostgresSettings, configure: BackendOptions.() -> Unit = {}): PostgresBackend {
    val options = BackendOptions(configure)
    return PostgresBackend(PostgresStore(settings.prefix, settings.schema, Connections.of(settings)), options)
}

/**
 * Makes a queue in the PostgreSQL of [dataSource], which the caller goes on owning: closing the backend leaves it open.
 *
 * Where it is a HikariCP pool, or wraps one, it serves what the application does: enqueue, cancel and the like. What
 * workers do runs on a pool of four connections more, made with the same configuration, and each listening worker has
 * a connection of its own, so that handlers which hold every connection of the application's pool cannot keep workers
 * from renewing their leases.
 *
 * Passwords and tokens that the application changes in its pool are used for what is opened from then on.
 *
 * Any other data source serves for everything: it must spare four connections for workers, and one more for as long
 * as each of them runs. Give it a bound for opening connections (`loginTimeout`, `connectTimeout` and `socketTimeout` of
 * the driver) and for waiting for one.
 *
 * Else as the overload with settings.
 *
 * @param prefix goes in front of every name in the database; default none.
 * @param schema where the queue is; default null: the search path of the connections.
 * @throws IllegalArgumentException if [prefix] or [schema] is not a plain identifier.
 */
public fun postgresBackend(
    dataSource: DataSource,
    prefix: String = "",
    schema: String? = null,
    configure: BackendOptions.() -> Unit = {},
): PostgresBackend {
    val options = BackendOptions(configure)
    return PostgresBackend(PostgresStore(prefix, schema, Connections.of(dataSource)), options)
}

/** A queue in PostgreSQL, made by [postgresBackend]. */
public class PostgresBackend internal constructor(
    store: PostgresStore,
    options: BackendOptions,
) : StoreBackend(store, options)
