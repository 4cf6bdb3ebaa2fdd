package io.pgqueuer.test

import org.slf4j.LoggerFactory
import java.sql.DriverManager
import java.util.concurrent.atomic.AtomicInteger

/**
 * A PostgreSQL server to test on. Start one for a test run and take a [newDatabase] for each test class.
 *
 * @property origin what it is, for people: a given server, a container, an embedded one.
 */
public class PostgresFixture private constructor(
    private val server: TestServer,
) : AutoCloseable {
    private val created = AtomicInteger()
    private val databases = mutableListOf<PostgresDatabase>()

    public val origin: String get() = server.origin

    /** The database that the server was started with; it is the server's own where one was given. */
    public val database: PostgresDatabase get() = server.database

    /** The JDBC URL of [database], with user and password. */
    public val jdbcUrl: String get() = database.jdbcUrl

    /** The connection string of [database], with user and password. */
    public val dsn: String get() = database.dsn

    /** Creates an empty database; it goes with this fixture. */
    public fun newDatabase(): PostgresDatabase {
        val name = "pgqueuer_test_${ProcessHandle.current().pid()}_${System.nanoTime()}_${created.incrementAndGet()}"
        execute("CREATE DATABASE $name")
        return database.copy(name = name).also { synchronized(databases) { databases += it } }
    }

    /** Stops the server, or drops the databases that were created on a given one. */
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
         * Starts a server, the first of: the one that [DSN_VARIABLE] names (whose user must be allowed to create
         * databases); a container, where Testcontainers is on the class path and a Docker engine answers; an embedded
         * one. Logs which.
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
         * Starts an embedded server, whatever else there is.
         *
         * @param durable whether it waits for the disk as a server in earnest does; default false, which is faster.
         */
        @JvmStatic
        @JvmOverloads
        public fun embedded(durable: Boolean = false): PostgresFixture = PostgresFixture(EmbeddedServer(durable))
    }
}
