package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.ViewTimeoutException
import io.pgqueuer.exposed.internal.connection.Connections
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.connection.Watchdog
import io.pgqueuer.exposed.internal.insights.PostgresInsights
import io.pgqueuer.exposed.internal.schema.Names
import kotlinx.coroutines.Dispatchers
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class ViewTimeoutSpec : FunSpec({
    test("the server ends a view that takes too long, and the next one works") {
        val database = TestPostgres.newDatabase()
        database.backend().use { it.schema.install() }
        Connections.of(database.settings()).use { connections ->
            val transactions = Transactions(connections.engine, Dispatchers.IO, Watchdog(), bound = 60.seconds)
            val insights = PostgresInsights(Names("", null), transactions, timeout = 200.milliseconds)
            val views = mapOf<String, suspend () -> Unit>(
                "backlog" to { insights.backlog() },
                "jobs" to { insights.jobs() },
                "queue size" to { insights.queueSize() },
            )

            database.connect().use { other ->
                other.autoCommit = false
                other.execute("LOCK TABLE pgqueuer IN ACCESS EXCLUSIVE MODE")
                for (view in views.values) {
                    shouldThrow<ViewTimeoutException> { view() }.message shouldContain
                        "ended a view of the queue after 200ms"
                }
                other.rollback()
            }

            views.values.forEach { it() }
            transactions.own { connection -> connection.texts("SHOW statement_timeout") } shouldBe listOf("0")
        }
    }
})
