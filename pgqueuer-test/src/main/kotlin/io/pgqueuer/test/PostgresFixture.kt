package io.pgqueuer.test

import org.slf4j.LoggerFactory
import java.sql.DriverManager
import java.util.concurrent.atomic.AtomicInteger

/**
 * A PostgreSQL server for tests. Start one for a test run, and create a [newDatabase] for each test class.
 *
 * @property origin describes the server for people: a given server, a container or an embedded one.
 */
public class PostgresFixture private constructor(
    private val server: TestServer,
) : AutoCloseable {
    private val created = AtomicInteger()
    private val databases = mutableListOf<PostgresDatabase>()

    public val origin: String get() = server.origin

    /** The database that the server was started with. For a given server, this is the server's own database. */
    public val database: PostgresDatabase get() = server.database

    /** The JDBC URL of [database], with user and password. */
    public val jdbcUrl: String get() = database.jdbcUrl

    /** The connection string of [database], with user and password. */
    public val dsn: String get() = database.dsn

    /** Creates an empty database. It is removed together with this fixture. */
    public fun newDatabase(): PostgresDatabase {
        val name = "pgqueuer_test_${ProcessHandle.current().pid()}_${System.nanoTime()}_${created.incrementAndGet()}"
        execute("CREATE DATABASE $name")
        return database.copy(name = name).also { synchronized(databases) { databases += it } }
    }

    /** Stops the server. On a given server, drops the databases that were created. */
    override fun close() {
        if (server.outlivesTests) {
            synchronized(databases) { databases.forEach { execute("DROP DATABASE IF EXISTS ${it.name} WITH (FORCE)") } }
        }
        server.close()
    }

    private fun execute(sql: String) {
        DriverManager.getConnection(jdbcUrl).use { connection ->
            connection.createStatement().use { it.execute(sql) }
        }
    }

    public companion object {
        /** The environment variable that names a server to test on, as a `postgresql://` URI. */
        public const val DSN_VARIABLE: String = "PGQUEUER_TEST_DSN"

        private val log = LoggerFactory.getLogger(PostgresFixture::class.java)

        /**
         * Starts a server. Uses the first of these that is available, and logs which one:
         * 1. the server that [DSN_VARIABLE] names. Its user must be allowed to create databases.
         * 2. a container, if Testcontainers is on the class path and a Docker engine answers.
         * 3. an embedded server.
         *
         * @throws IllegalArgumentException if [DSN_VARIABLE] is not a connection URI.
         */
        @JvmStatic
        public fun start(): PostgresFixture = start(System.getenv(DSN_VARIABLE)?.takeIf(String::isNotBlank))

        internal fun start(dsn: String?): PostgresFixture {
            val server = dsn?.let(::GivenServer) ?: ContainerServer.startOrNull() ?: EmbeddedServer()
            log.info("testing on {}", server.origin)
            return PostgresFixture(server)
        }

        /**
         * Starts an embedded server, even if another one is available.
         *
         * @param durable whether it waits for the disk, as a production server does; default false, which is faster.
         */
        @JvmStatic
        @JvmOverloads
        public fun embedded(durable: Boolean = false): PostgresFixture = PostgresFixture(EmbeddedServer(durable))
    }
}
