package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.JobContext
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.SchemaException
import java.sql.Connection

/** A handler that completes its job on a connection to another database, where a queue is installed too. */
class OtherDatabaseSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val other = TestPostgres.newDatabase()
    val backend = database.backend()

    beforeSpec {
        backend.schema.install()
        other.backend().use { it.schema.install() }
    }
    afterSpec { backend.close() }

    val calls = mapOf<String, JobContext.(Connection) -> Unit>(
        "completeIn" to { completeIn(it) },
        "lockIn" to { lockIn(it) },
    )
    for ((name, call) in calls) {
        test("$name on a connection to another database says so, and leaves the job as it is") {
            backend.queue.enqueue("e")
            val worker = backend.worker {
                blockingEntrypoint("e") {
                    other.connect().use { connection ->
                        connection.autoCommit = false
                        shouldThrow<IllegalArgumentException> { call(connection) }.message shouldContain
                            "the connection is on another database (${connection.metaData.url.substringAfter(
                                "//",
                            ).substringBefore("?")})"
                    }
                    database.connect().use { connection ->
                        connection.autoCommit = false
                        completeIn(connection)
                        connection.commit()
                    }
                }
            }
            worker.run { mode = RunMode.DRAIN }.run { listOf(succeeded, failed, leasesLost) } shouldBe
                listOf(1L, 0L, 0L)
        }
    }

    test("an enqueue on a connection to a database without a queue names that database") {
        val empty = TestPostgres.newDatabase()
        val message = empty.connect().use { connection ->
            connection.autoCommit = false
            shouldThrow<SchemaException> { backend.queue.enqueue(connection, NewJob("e")) }.message!!
        }
        message shouldContain "/${empty.name}: "
        message shouldNotContain database.name
    }
})
