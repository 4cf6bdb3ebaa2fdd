package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobStatus
import io.pgqueuer.LeaseLostException
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.test.NoDatabase
import io.pgqueuer.test.inMemoryPgQueuer
import kotlinx.coroutines.test.runTest

class TransactionsInMemorySpec : FunSpec({
    test("a handler that completes its job in a transaction runs in memory") {
        runTest {
            val pgq = inMemoryPgQueuer {
                entrypoint("order") {
                    NoDatabase.connection().use { connection ->
                        lockIn(connection)
                        queue.enqueue(connection, NewJob("receipt"))
                        completeIn(connection)
                        completeIn(connection)
                        connection.commit()
                    }
                }
                entrypoint("receipt") { }
            }
            val id = pgq.queue.enqueue("order")
            pgq.drain().succeeded shouldBe 2
            pgq.statusOf(id) shouldBe JobStatus.SUCCESSFUL
            pgq.enqueued.map { it.entrypoint } shouldContainExactly listOf("order", "receipt")
            pgq.backend.insights.log(id).map { it.status } shouldContainExactly
                listOf(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
        }
    }

    test("a job that was taken away is not completed in memory either") {
        runTest {
            val failures = mutableListOf<Throwable>()
            val pgq = inMemoryPgQueuer {
                entrypoint("order") {
                    queue.clear("order")
                    failures += shouldThrow<LeaseLostException> { lockIn(NoDatabase.connection()) }
                    failures += shouldThrow<LeaseLostException> { completeIn(NoDatabase.connection()) }
                }
            }
            val id = pgq.queue.enqueue("order")
            pgq.drain()
            failures.size shouldBe 2
            pgq.statusOf(id) shouldBe JobStatus.DELETED
        }
    }

    test("an enqueue in a transaction goes by the same rules in memory") {
        runTest {
            val pgq = inMemoryPgQueuer()
            val job = NewJob("order") { dedupeKey = "k" }
            pgq.queue.enqueue(NoDatabase.connection(), job)
            shouldThrow<DuplicateJobException> { pgq.queue.enqueue(NoDatabase.connection(), job) }
            pgq.queue.enqueueAll(NoDatabase.connection(), listOf(job), OnConflict.SKIP) shouldContainExactly
                listOf(null)
            pgq.queue.inOwnTransaction().enqueue("other")
            pgq.enqueued.map { it.entrypoint } shouldContainExactly listOf("order", "other")
        }
    }
})
