package io.pgqueuer.java

import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.util.concurrent.CompletionException

/** Calls on a backend inside a blocking Exposed transaction of the caller's. */
class ExposedTransactionTest {
    @Test
    fun anEnqueueIsAPartOfTheCallersExposedTransaction() = onDatabase { backend, database ->
        val queue = backend.queue()
        transaction(database) {
            queue.enqueue(NewJob.of("rolled-back")).join()
            rollback()
        }
        transaction(database) { queue.enqueue(NewJob.of("committed")).join() }
        val sizes = backend.insights().queueSize().join().associate { it.entrypoint() to it.count() }
        assertEquals(mapOf("committed" to 1L), sizes)
    }

    @Test
    fun whatIsEnqueuedInItsOwnTransactionStaysWhenTheCallersRollsBack() = onDatabase { backend, database ->
        transaction(database) {
            backend.queue().inOwnTransaction().enqueue(NewJob.of("audit")).join()
            rollback()
        }
        assertEquals(listOf("audit"), backend.insights().queueSize().join().map { it.entrypoint() })
    }

    @Test
    fun anEnqueueInATransactionOnAnotherDatabaseIsRefused() = onDatabase { backend, _ ->
        val other = Database.connect(TestPostgres.newDatabase().jdbcUrl)
        transaction(other) {
            val failure = assertThrows(CompletionException::class.java) {
                backend.queue().enqueue(NewJob.of("e")).join()
            }
            assertInstanceOf(IllegalStateException::class.java, failure.cause)
        }
        assertEquals(0, backend.insights().queueSize().join().size)
    }

    private fun onDatabase(test: (Backend, Database) -> Unit) {
        val database = TestPostgres.newDatabase()
        Backend.postgres(database.dsn).use { backend ->
            backend.schema().install().join()
            test(backend, Database.connect(database.jdbcUrl))
        }
    }
}
