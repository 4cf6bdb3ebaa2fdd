package io.pgqueuer.exposed

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.matchers.shouldBe
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.WorkerId
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.test.PostgresDatabase
import io.pgqueuer.test.PostgresFixture
import java.sql.Connection
import java.sql.DriverManager
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** One server for all specs of this module; it stops with the process. */
internal object TestPostgres {
    private val fixture: PostgresFixture by lazy {
        PostgresFixture.start().also { Runtime.getRuntime().addShutdownHook(Thread(it::close)) }
    }

    fun newDatabase(): PostgresDatabase = fixture.newDatabase().also {
        if (UnusualSettings.isOn) UnusualSettings.on(it)
    }
}

internal fun PostgresDatabase.settings() = PostgresSettings.parse(dsn).with { properties += UnusualSettings.ofDriver }

internal fun PostgresDatabase.backend(change: PostgresSettings.() -> Unit = {}): PostgresBackend =
    postgresBackend(settings().with(change))

/** Creates another database on the same server, in [encoding], and returns it. */
internal fun PostgresDatabase.inEncoding(encoding: String): PostgresDatabase {
    val other = copy(name = name + "_" + encoding.lowercase())
    execute("CREATE DATABASE ${other.name} ENCODING '$encoding' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    return other
}

internal fun PostgresDatabase.connect(): Connection = DriverManager.getConnection(
    UnusualSettings.ofDriver.entries.fold(jdbcUrl) { url, (name, value) ->
        "$url&$name=$value"
    },
)

internal fun PostgresDatabase.execute(sql: String) = connect().use { it.readCommitted().execute(sql) }

/** What the test itself needs, or does in the place of another program, whatever the server's default. */
internal fun Connection.readCommitted() = apply {
    if (UnusualSettings.isOn) transactionIsolation = Connection.TRANSACTION_READ_COMMITTED
}

internal fun Connection.execute(sql: String) {
    createStatement().use { it.execute(sql) }
}

/** The first column of all rows, as text. */
internal fun Connection.texts(sql: String): List<String?> = createStatement().use { statement ->
    statement.executeQuery(sql).use { rows -> buildList { while (rows.next()) add(rows.getString(1)) } }
}

internal fun PostgresDatabase.texts(sql: String): List<String?> = connect().use { it.texts(sql) }

internal fun PostgresDatabase.text(sql: String): String? = texts(sql).single()

internal fun newWorker() = WorkerId(UUID.randomUUID())

/** A target with a concurrency limit. */
internal fun limited(entrypoint: String, limit: Int) =
    ClaimTarget(entrypoint, EntrypointOptions { concurrencyLimit = limit })

/** Removes all jobs. */
internal suspend fun PostgresBackend.clearAll() {
    insights.queueSize().map { it.entrypoint }.distinct().forEach { queue.clear(it) }
}

internal suspend fun PostgresBackend.claim(
    vararg targets: ClaimTarget,
    limit: Int = 10,
    worker: WorkerId = newWorker(),
    leaseTimeout: Duration = 30.seconds,
    maxRescues: Int = 3,
): ClaimBatch = store.jobs.claim(ClaimRequest(worker, targets.toList(), limit, leaseTimeout, maxRescues))

/** Tries [assertion] until it holds, or too long. */
internal suspend fun <T> soon(assertion: suspend () -> T): T = eventually(15.seconds) { assertion() }

/** Waits until so many connections are open: the server has counted what a connection did once it has ended. */
internal suspend fun PostgresDatabase.awaitConnections(count: Int) = soon {
    text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() " +
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
    ) shouldBe "$count"
}

/** The connections to this database that wait for a lock. */
internal const val WAITING_FOR_LOCK =
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
