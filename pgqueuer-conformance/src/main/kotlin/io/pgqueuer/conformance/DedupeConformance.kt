package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict.RAISE
import io.pgqueuer.OnConflict.RAISE_PRIORITY
import io.pgqueuer.OnConflict.SKIP
import io.pgqueuer.port.Outcome
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours

fun dedupeConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    suspend fun StoreUnderTest.shouldBeTaken(key: String) {
        shouldThrow<DuplicateJobException> { queue.enqueue("e") { dedupeKey = key } }.keys shouldContainExactly
            listOf(key)
    }

    test("a key of a queued job is taken, and nothing of a batch with it is stored or logged") {
        val first = queue.enqueue("e") { dedupeKey = "k" }
        val failure = shouldThrow<DuplicateJobException> {
            queue.enqueueAll(listOf(NewJob("e"), NewJob("e") { dedupeKey = "k" }, NewJob("e") { dedupeKey = "free" }))
        }
        failure.keys shouldContainExactly listOf("k")
        failure.message shouldContain "'k'"
        count() shouldBe 1
        log(JobId(first.value + 1)).shouldBeEmpty()
        queue.enqueue("e") { dedupeKey = "free" }
    }

    test("a key is taken over all entrypoints, also by a job that is not due") {
        queue.enqueue("other") {
            dedupeKey = "k"
            delay = 1.hours
        }
        shouldBeTaken("k")
    }

    test("a key of a picked job is taken") {
        queue.enqueue("e") { dedupeKey = "k" }
        claimOne()
        shouldBeTaken("k")
    }

    test("the taken keys are named each once, in the order of the batch") {
        queue.enqueueAll(listOf(NewJob("e") { dedupeKey = "b" }, NewJob("e") { dedupeKey = "a" }))
        shouldThrow<DuplicateJobException> {
            queue.enqueueAll(listOf("x", "b", "x", "y", "a", "b").map { NewJob("e") { dedupeKey = it } })
        }.keys shouldContainExactly listOf("b", "x", "a")
        count() shouldBe 2
    }

    test("keys that differ in case or spaces are different keys") {
        queue.enqueueAll(listOf("k", "K", "k ", " k").map { NewJob("e") { dedupeKey = it } })
        count() shouldBe 4
    }

    test("jobs without a key never conflict") {
        queue.enqueueAll(listOf(NewJob("e"), NewJob("e")), SKIP).count { it != null } shouldBe 2
    }

    test("with SKIP the first of a key wins and the others come back null, in their places") {
        val taken = queue.enqueue("e") { dedupeKey = "taken" }
        val ids = queue.enqueueAll(
            listOf("new", "taken", "new", null, "other").mapIndexed { i, key ->
                NewJob("e", byteArrayOf(i.toByte())) { dedupeKey = key }
            },
            SKIP,
        )
        ids.map { it != null } shouldContainExactly listOf(true, false, false, true, true)
        job(ids[0].shouldNotBeNull()).payload shouldBe byteArrayOf(0)
        job(ids[3].shouldNotBeNull()).payload shouldBe byteArrayOf(3)
        job(ids[4].shouldNotBeNull()).payload shouldBe byteArrayOf(4)
        job(taken).payload.shouldBeNull()
        count() shouldBe 4
    }

    test("with RAISE_PRIORITY the active job keeps all but its priority, which is raised and never lowered") {
        val id = queue.enqueue("e", byteArrayOf(1)) {
            dedupeKey = "k"
            priority = 3
        }
        val urgent = queue.enqueue("e") { priority = 5 }
        fun again(priority: Int) = NewJob("other", byteArrayOf(2)) {
            dedupeKey = "k"
            this.priority = priority
        }
        queue.enqueue(again(2), RAISE_PRIORITY) shouldBe id
        job(id).priority shouldBe 3
        queue.enqueue(again(9), RAISE_PRIORITY) shouldBe id
        job(id).run {
            priority shouldBe 9
            entrypoint shouldBe "e"
            payload shouldBe byteArrayOf(1)
        }
        count() shouldBe 2
        logged(id) shouldContainExactly listOf(QUEUED)
        claim().ids shouldContainExactly listOf(id, urgent)
    }

    test("with RAISE_PRIORITY a running job keeps the new priority for its retries") {
        val id = queue.enqueue("e") { dedupeKey = "k" }
        val lease = claimOne().lease
        queue.enqueue(
            NewJob("e") {
                dedupeKey = "k"
                priority = 4
            },
            RAISE_PRIORITY,
        ) shouldBe id
        job(id).status shouldBe PICKED
        settle(lease, Outcome.Released)
        job(id).priority shouldBe 4
    }

    test("with RAISE_PRIORITY jobs of a batch that share a key become one, with the highest priority") {
        val ids = queue.enqueueAll(
            listOf("k" to 1, null to 2, "k" to 8, "other" to 0, "k" to 3).mapIndexed { i, (key, priority) ->
                NewJob("e", byteArrayOf(i.toByte())) {
                    dedupeKey = key
                    this.priority = priority
                }
            },
            RAISE_PRIORITY,
        ).map { it.shouldNotBeNull() }
        ids[2] shouldBe ids[0]
        ids[4] shouldBe ids[0]
        count() shouldBe 3
        job(ids[0]).run {
            priority shouldBe 8
            payload shouldBe byteArrayOf(0)
        }
        job(ids[1]).payload shouldBe byteArrayOf(1)
        job(ids[3]).payload shouldBe byteArrayOf(3)
        ids.toSet().forEach { logged(it) shouldContainExactly listOf(QUEUED) }
    }

    test("with SKIP a batch of duplicates alone stores nothing") {
        queue.enqueue("e") { dedupeKey = "k" }
        queue.enqueueAll(listOf(NewJob("e") { dedupeKey = "k" }), SKIP) shouldContainExactly listOf(null)
        count() shouldBe 1
    }

    test("a job that ended frees its key, whatever its end") {
        queue.enqueue("e") { dedupeKey = "k" }
        claimOne().run { settle(lease, Outcome.Succeeded) }
        queue.enqueue("e") { dedupeKey = "k" }
        claimOne().run { settle(lease, Outcome.Failed(failure(job.id))) }
        queue.cancel(listOf(queue.enqueue("e") { dedupeKey = "k" }))
        queue.enqueue("e") { dedupeKey = "k" }
        queue.clear("e")
        queue.enqueue("e") { dedupeKey = "k" }
        count() shouldBe 1
    }

    test("a held job frees its key") {
        held(dedupeKey = "k")
        queue.enqueue("e") { dedupeKey = "k" }
        shouldBeTaken("k")
    }

    test("a job that was retried or given back keeps its key") {
        val id = queue.enqueue("e") { dedupeKey = "k" }
        settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(id)))
        shouldBeTaken("k")
        settle(claimOne().lease, Outcome.Released)
        shouldBeTaken("k")
    }

    test("a requeued job takes its key again") {
        queue.requeue(listOf(held(dedupeKey = "k")))
        shouldBeTaken("k")
    }

    test("a held job whose key was taken meanwhile cannot be requeued, and its batch stays held") {
        val first = held(dedupeKey = "k")
        val second = held()
        queue.enqueue("e") { dedupeKey = "k" }
        shouldThrow<DuplicateJobException> { queue.requeue(listOf(second, first)) }.keys shouldContainExactly
            listOf("k")
        count(HELD) shouldBe 2
        queue.requeue(listOf(second)) shouldBe setOf(second)
    }

    test("of two held jobs with one key, both cannot be requeued at once") {
        val ids = listOf(held(dedupeKey = "k"), held(dedupeKey = "k"))
        shouldThrow<DuplicateJobException> { queue.requeue(ids) }.keys shouldContainExactly listOf("k")
        count(HELD) shouldBe 2
        queue.requeue(ids.take(1)) shouldBe setOf(ids[0])
    }

    test("of many enqueues of one key at once, exactly one stores its job") {
        for (onConflict in listOf(RAISE, SKIP)) {
            val stored = coroutineScope {
                List(16) {
                    async(Dispatchers.Default) {
                        try {
                            queue.enqueueAll(
                                listOf(
                                    NewJob("e") {
                                        dedupeKey = "race $onConflict"
                                    },
                                ),
                                onConflict,
                            ).single()
                        } catch (_: DuplicateJobException) {
                            null
                        }
                    }
                }.awaitAll().filterNotNull()
            }
            stored.size shouldBe 1
        }
        count() shouldBe 2
    }
}
