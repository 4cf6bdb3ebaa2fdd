package io.pgqueuer.exposed

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.exposed.internal.connection.PromptStream
import io.pgqueuer.port.Signal
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.withTimeout
import java.io.InputStream
import java.net.SocketTimeoutException
import kotlin.time.Duration.Companion.seconds

/** The driver waits for 1 ms after each notification, unless the socket tells it that nothing more has arrived. */
class PromptNotificationsSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    beforeSpec { database.backend().use { it.schema.install() } }

    test("while the timeout is the shortest, a read of nothing fails without waiting") {
        var reads = 0
        var arrived = 0
        var timeout = 1
        val input = object : InputStream() {
            override fun available() = arrived

            override fun read(): Int = 7.also { reads++ }
        }
        val stream = PromptStream(input) { timeout }
        shouldThrow<SocketTimeoutException> { stream.read() }
        shouldThrow<SocketTimeoutException> { stream.read(ByteArray(1)) }
        reads shouldBe 0
        timeout = 2
        stream.read() shouldBe 7
        timeout = 0
        stream.read(ByteArray(1)) shouldBe 1
        timeout = 1
        arrived = 1
        stream.read() shouldBe 7
        reads shouldBe 3
    }

    /** How many threads wait in such a read. */
    fun waiting() = Thread.getAllStackTraces().values.count { stack ->
        stack.any { it.className == PromptStream::class.java.name }
    }

    suspend fun PostgresBackend.listenerShouldWaitPromptly() {
        val others = waiting()
        withTimeout(15.seconds) {
            store.notifications.listen()
                .onEach { if (it == Signal.Listening) soon { waiting() shouldBeGreaterThan others } }
                .onEach { if (it == Signal.Listening) queue.enqueue("e") }
                .map { it as? Signal.Received }
                .first { it != null }
        }
    }

    test("the listener of a backend with its own connections does so") {
        database.backend().use { it.listenerShouldWaitPromptly() }
    }

    test("the listener of a backend on a HikariCP pool does so") {
        val config = HikariConfig().apply {
            jdbcUrl = database.jdbcUrl
            maximumPoolSize = 2
        }
        HikariDataSource(config).use { pool -> postgresBackend(pool).use { it.listenerShouldWaitPromptly() } }
    }

    test("over TLS, notifications arrive as well") {
        SecuredServer().use { server ->
            server.database.backend { properties += "sslmode" to "require" }.use { backend ->
                backend.schema.install()
                backend.listenerShouldWaitPromptly()
            }
        }
    }
})
