package io.pgqueuer.test

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import org.testcontainers.DockerClientFactory
import org.testcontainers.postgresql.PostgreSQLContainer
import java.nio.file.Path
import kotlin.io.path.exists

/** The source of a fixture's server. */
internal interface TestServer : AutoCloseable {
    val origin: String
    val database: PostgresDatabase

    /** Whether tests must remove what they leave on the server. */
    val outlivesTests: Boolean get() = false
}

internal class GivenServer(
    dsn: String,
) : TestServer {
    override val database = PostgresDatabase.parse(dsn)
    override val origin = "the PostgreSQL of ${PostgresFixture.DSN_VARIABLE}: $database"
    override val outlivesTests get() = true

    override fun close() {}
}

/** For tests, which connect often. */
private val COMMON_FLAGS = mapOf("max_connections" to "200", "shared_buffers" to "256MB")

private val DURABLE_FLAGS =
    COMMON_FLAGS + mapOf("fsync" to "on", "full_page_writes" to "on", "synchronous_commit" to "on")

/** For tests whose data does not need to survive a crash. */
private val TEST_FLAGS = COMMON_FLAGS + mapOf("fsync" to "off", "full_page_writes" to "off")

internal class EmbeddedServer(
    durable: Boolean = false,
) : TestServer {
    // By default an embedded server does not wait for the disk.
    private val postgres = EmbeddedPostgres.builder()
        .apply { (if (durable) DURABLE_FLAGS else TEST_FLAGS).forEach(::setServerConfig) }
        .start()

    override val database = PostgresDatabase("localhost", postgres.port, "postgres", "postgres", "postgres")
    override val origin = "an embedded PostgreSQL on port ${postgres.port}"

    override fun close() {
        postgres.close()
    }
}

internal class ContainerServer private constructor(
    private val container: PostgreSQLContainer,
) : TestServer {
    override val database = container.run {
        PostgresDatabase(host, getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT), databaseName, username, password)
    }
    override val origin = "a container of ${container.dockerImageName}"

    override fun close() {
        container.stop()
    }

    companion object {
        private const val IMAGE = "postgres:18-alpine"

        /** Returns null if Testcontainers is not on the class path or no Docker engine answers. */
        fun startOrNull(): ContainerServer? = if (isUsable()) ContainerServer(started()) else null

        // If there is no Docker engine, Testcontainers is slow and logs many errors: look for an engine first.
        fun isUsable(): Boolean = try {
            engineMayRun() && DockerClientFactory.instance().isDockerAvailable
        } catch (_: NoClassDefFoundError) {
            false
        }

        private fun engineMayRun(): Boolean {
            val home = Path.of(System.getProperty("user.home"))
            return System.getenv("DOCKER_HOST") != null || listOf(
                Path.of("/var/run/docker.sock"),
                home.resolve(".docker/run/docker.sock"),
                home.resolve(".testcontainers.properties"),
            ).any(Path::exists) || System.getProperty("os.name").startsWith("Windows")
        }

        private fun started() = PostgreSQLContainer(IMAGE).apply {
            val flags = TEST_FLAGS.flatMap { (name, value) -> listOf("-c", "$name=$value") }
            withCommand(*(listOf("postgres") + flags).toTypedArray())
            start()
        }
    }
}
