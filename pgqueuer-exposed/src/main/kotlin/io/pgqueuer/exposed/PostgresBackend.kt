package io.pgqueuer.exposed

import io.pgqueuer.BackendOptions
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.exposed.internal.connection.Connections
import javax.sql.DataSource

/**
 * Creates a backend for a queue in the PostgreSQL server that [settings] name.
 *
 * ```
 * val backend = postgresBackend(PostgresSettings.fromEnvironment()) { maxPayloadBytes = 1_000_000 }
 * ```
 *
 * It opens its connections on first use: a small pool, and one more connection while there are listeners (workers,
 * `consume`, completion watchers). Closing the backend closes them all.
 *
 * Its calls throw [StoreUnavailableException] if the server cannot be reached within [PostgresSettings.connectTimeout]
 * or refuses the user, and [SchemaException] if the queue is not installed there.
 *
 * A call that changes the queue joins the caller's transaction if that is on the same database. The host may be spelled
 * differently in its URL. If the call cannot join (the transaction is on another database, or finished), it throws
 * [IllegalStateException]; see [inOwnTransaction].
 *
 * If its caller is cancelled, a call returns immediately, even if the database does not answer. Its work ends or is
 * aborted within two seconds. Other calls time out with [StoreUnavailableException] after one minute; an enqueue gets
 * one more second for every 1,000 jobs. Clearing the queue, reading insights, and changing the schema have no timeout.
 *
 * @param transactions where calls look for the caller's transaction; default: [ExposedTransactions]. The first source
 * that finds one is used.
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
 * Creates a backend for a queue in the PostgreSQL database of [dataSource]. The caller keeps ownership of the data
 * source: closing the backend does not close it.
 *
 * If it is a HikariCP pool, or wraps one, the calls of the application (enqueue, cancel and so on) use that pool.
 * Workers use a second pool of four connections with the same configuration, and all listeners share one more
 * connection. Workers can therefore renew their leases even if handlers hold every connection of the application's
 * pool. If the application changes the pool's password or token, new connections use the new one.
 *
 * Any other data source is used for everything. It must have four spare connections for workers, and one more while
 * there are listeners. Set timeouts for opening a connection (`loginTimeout`, `connectTimeout` and `socketTimeout` of
 * the driver) and for waiting for one.
 *
 * Otherwise behaves like the overload with settings.
 *
 * @param prefix prefix of every name in the database; default none.
 * @param schema schema of the queue; default null: the search path of the connections.
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
