package io.pgqueuer.exposed

import io.pgqueuer.PgQueuer
import io.pgqueuer.domain.SchemaException
import io.pgqueuer.domain.StoreUnavailableException
import io.pgqueuer.exposed.internal.connection.Connections
import io.pgqueuer.port.Backend
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
 * Enqueueing, canceling and the like, when called inside an Exposed transaction on the same database (by host, port
 * and name, as the JDBC URLs have them), become a part of that transaction.
 */
public fun PgQueuer.Companion.postgres(settings: PostgresSettings): Backend =
    PostgresBackend(settings.prefix, settings.schema, Connections.of(settings))

/**
 * Makes a queue in the PostgreSQL of [dataSource], which the caller goes on owning: closing the backend leaves it open.
 *
 * Where it is a HikariCP pool, or wraps one, it serves what the application does: enqueue, cancel and the like. What
 * workers do runs on a pool of three connections more, made with the same configuration, and each listening worker has
 * a connection of its own, so that handlers which hold every connection of the application's pool cannot keep workers
 * from renewing their leases.
 *
 * Any other data source serves for everything: it must spare three connections for workers, and one more for as long
 * as each of them runs.
 *
 * Else as the overload with settings.
 *
 * @param prefix goes in front of every name in the database; default none.
 * @param schema where the queue is; default null: the search path of the connections.
 * @throws IllegalArgumentException if [prefix] or [schema] is not a plain identifier.
 */
public fun PgQueuer.Companion.postgres(dataSource: DataSource, prefix: String = "", schema: String? = null): Backend =
    PostgresBackend(prefix, schema, Connections.of(dataSource))
