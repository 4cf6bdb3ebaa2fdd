package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.internal.connection.OpeningDataSource
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.withTimeout
import java.sql.SQLException
import kotlin.time.Duration.Companion.seconds

/** A server that is away for some time, after it has been there. */
class ConnectionAfterOutageSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    beforeSpec { database.backend().use { it.schema.install() } }

    fun PortForward.backend(change: PostgresSettings.() -> Unit) = database.backend {
        hosts = listOf(PostgresHost("localhost", port))
        change()
    }

    test("who waits for a connection has it soon after the outage") {
        PortForward(target = database.port).use { network ->
            network.backend { connectTimeout = 30.seconds }.use { backend ->
                backend.queue.enqueue("before")
                network.loseNext(FAILURES)
                network.cut()
                val call = async(Dispatchers.Default) {
                    while (true) {
                        try {
                            return@async backend.queue.enqueue("after")
                        } catch (_: StoreUnavailableException) {
                            // This was one of the connections that broke.
                        }
                    }
                }
                soon { network.leftToLose shouldBe 0 }
                withTimeout(2.seconds) { call.await() }
            }
        }
    }

    test("who waited for nothing is told why no connection could be opened") {
        PortForward(target = database.port).use { network ->
            network.backend { connectTimeout = 1.seconds }.use { backend ->
                backend.queue.enqueue("before")
                network.loseNext(Int.MAX_VALUE)
                network.cut()
                repeat(3) {
                    shouldThrow<StoreUnavailableException> { backend.queue.enqueue("e") }
                        .message shouldContain "check that the server runs there"
                }
            }
        }
    }

    test("only what can pass by itself is tried again, and not the first connection") {
        var attempts = 0
        var state: String? = UNREACHABLE
        val source = OpeningDataSource {
            attempts++
            if (attempts == 5) state = null
            state?.let { throw SQLException("attempt $attempts", it) }
            database.connect()
        }
        shouldThrow<SQLException> { source.connection }.message shouldBe "attempt 1"
        state = null
        source.connection.close()
        state = UNREACHABLE
        source.connection.close()
        attempts shouldBe 5
        source.failure shouldBe null
        state = WRONG_PASSWORD
        shouldThrow<SQLException> { source.connection }.message shouldBe "attempt 6"
        source.failure?.message shouldBe "attempt 6"
    }
})

/** HikariCP waits for 5 s after so many. */
private const val FAILURES = 10
private const val UNREACHABLE = "08001"
private const val WRONG_PASSWORD = "28P01"
