package consumer

import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.java.JacksonCodec
import io.pgqueuer.java.JobType
import io.pgqueuer.jobType
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.Serializable
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Test
import java.sql.DriverManager
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import io.pgqueuer.java.Backend as JavaBackend

@Serializable
data class Order(val number: Int)

private val Ship = jobType<Order>("ship")

/** The library works with the versions that this project's class path has. */
class VersionsTest {
    @Test
    fun `the class path has the expected versions`() {
        val version = Job::class.java.getResource("/META-INF/kotlinx_coroutines_core.version")!!.readText()
        assertEquals(System.getProperty("expected.coroutines"), version)
    }

    @Test
    fun `the embedded server is the one of our build`() {
        DriverManager.getConnection(postgres.jdbcUrl).use { connection ->
            val major = connection.metaData.databaseMajorVersion.toString()
            assertEquals(System.getProperty("expected.postgresql"), major)
        }
    }

    @Test
    fun `a worker runs in memory`() = runBlocking { inMemoryBackend().use { works(it) } }

    @Test
    fun `a worker runs on a connection string`() = runBlocking {
        postgresBackend(PostgresSettings.parse(postgres.newDatabase().dsn)).use { backend ->
            backend.schema.install()
            works(backend)
        }
    }

    @Test
    fun `a worker runs on the application's pool`() = runBlocking {
        val database = postgres.newDatabase()
        val pool = HikariDataSource().apply {
            jdbcUrl = "jdbc:postgresql://${database.host}:${database.port}/${database.name}"
            username = database.user
            password = database.password
        }
        pool.use {
            postgresBackend(it).use { backend ->
                backend.schema.install()
                works(backend)
            }
        }
    }

    @Test
    fun `a job with a Jackson payload runs in Java's API`() {
        val type = JobType.of("ship", JacksonCodec.of(Map::class.java))
        JavaBackend.inMemory().use { backend ->
            val seen = mutableListOf<Any?>()
            backend.worker().entrypoint(type).handle { order, _ -> seen += order }.build().use { worker ->
                backend.queue().enqueue(type, mapOf("number" to 1)).join()
                worker.start { it.mode(io.pgqueuer.java.RunMode.DRAIN) }.join()
            }
            assertEquals(listOf<Any?>(mapOf("number" to 1)), seen)
        }
    }

    /** A typed, a blocking and a failing job; a retry, a schedule, a watcher, a drain, a shutdown and a cancellation. */
    private suspend fun works(backend: Backend) {
        val shipped = AtomicInteger()
        val ticks = AtomicInteger()
        val worker = backend.worker {
            entrypoint(Ship, { concurrencyLimit = 2; timeout = 10.seconds }) { shipped.addAndGet(it.number) }
            blockingEntrypoint("print") { shipped.incrementAndGet() }
            entrypoint("broken", { retry = RetryPolicy.exponential(2, 10.milliseconds) }) { error("broken") }
            schedule("tick", "* * * * * *") { ticks.incrementAndGet() }
        }
        backend.queue.enqueue(Ship, Order(5))
        backend.queue.enqueue("print")
        val broken = backend.queue.enqueue("broken")
        worker.run { mode = RunMode.DRAIN }
        assertEquals(6, shipped.get())
        assertNotNull(backend.insights.log(broken).last().failure)

        val scope = CoroutineScope(Dispatchers.Default)
        val cancelled = backend.worker { entrypoint(Ship) { shipped.incrementAndGet() } }
        val run = scope.launch { cancelled.run() }
        val stopped = backend.worker { entrypoint("print") { } }
        val other = scope.launch { stopped.run() }
        backend.completionWatcher(scope) { }.use { watcher ->
            assertEquals(JobStatus.SUCCESSFUL, watcher.awaitCompletion(backend.queue.enqueue(Ship, Order(1))))
            assertEquals(JobStatus.SUCCESSFUL, watcher.awaitCompletion(backend.queue.enqueue("print")))
        }
        run.cancelAndJoin()
        stopped.shutdown()
        other.join()
    }

    companion object {
        private val postgres by lazy { PostgresFixture.embedded() }

        @JvmStatic
        @AfterAll
        fun stop() = postgres.close()
    }
}
