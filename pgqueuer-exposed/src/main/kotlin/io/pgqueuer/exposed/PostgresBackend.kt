package io.pgqueuer.exposed

import io.pgqueuer.BackendOptions
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.exposed.internal.connection.Connections
import javax.sql.DataSource

/**
 * Makes a queue in the PostgreSQL server that [settings] name.
 *
 * ```
 * val backend = postgresBackend(PostgresSettings.fromEnvironment()) { maxPayloadBytes = 1_000_000 }
 * ```
 *
 * It connects when it is first used: with a small pool of its own, and with one more connection while anybody listens
 * (workers, `consume`, completion watchers). Closing the backend closes them.
 *
 * Its calls throw [StoreUnavailableException] if the server cannot be reached within [PostgresSettings.connectTimeout]
 * or refuses the user, and [SchemaException] if the queue is not installed there.
 *
 * Calls that change the queue, when made inside a transaction of the caller's on the same database, join that
 * transaction, however its URL spells the host. Inside a transaction that they cannot join (on another database, or
 * finished) they throw [IllegalStateException]; see [inOwnTransaction].
 *
 * A call whose caller is cancelled returns at once, even if the database does not answer; within two seconds its work
 * has ended or was aborted. A call that nobody cancels fails with [StoreUnavailableException] after a minute (an
 * enqueue of many jobs one second later for every 1,000 of them). Clearing the queue, reading insights, and changing
 * the schema have no such bound.
 *
 * @param transactions where calls look for a transaction of their caller's; default: that of Exposed. The first source
 * that finds one decides.
 * @param configure sets the options of the backend.
 */
public fun postgresBackend(
    settings: PostgresSettings,
    transactions: List<TransactionSource> = listOf(ExposedTransactions),
    configure: BackendOptions.() -> Unit = {},
): PostgresBackend = PostgresBackend(
    PostgresStore(settings.prefix, settings.schema, Connections.of(settings), transactions),
    BackendOptions(configure),
)

/**
 * Makes a queue in the PostgreSQL database of [dataSource], which stays the caller's: closing the backend leaves it
 * open.
 *
 * If it is a HikariCP pool, or wraps one, it serves the calls of the application: enqueue, cancel and so on. Workers
 * use a second pool of four connections with the same configuration, and everybody who listens shares one more
 * connection. Handlers that hold every connection of the application's pool therefore cannot keep workers from renewing
 * their leases. If the application changes the pool's password or token, connections opened from then on use it.
 *
 * Any other data source serves for everything. It must have four connections to spare for workers, and one more while
 * anybody listens. Set a timeout for opening connections (`loginTimeout`, `connectTimeout` and `socketTimeout` of the
 * driver) and for waiting for one.
 *
 * Otherwise behaves like the overload with settings.
 *
 * @param prefix goes in front of every name in the database; default none.
 * @param schema where the queue is; default null: the search path of the connections.
 * @throws IllegalArgumentException if [prefix] or [schema] is not a plain identifier.
 */
public fun postgresBackend(
    dataSource: DataSource,
    prefix: String = "",
    schema: String? = null,
    transactions: List<TransactionSource> = listOf(ExposedTransactions),
    configure: BackendOptions.() -> Unit = {},
): PostgresBackend = PostgresBackend(
    PostgresStore(prefix, schema, Connections.of(dataSource), transactions),
    BackendOptions(configure),
)

/** A queue in PostgreSQL, made by [postgresBackend]. */
public class PostgresBackend internal constructor(
    store: PostgresStore,
    options: BackendOptions,
) : StoreBackend(store, options)
