package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.domain.DuplicateJobException
import io.pgqueuer.domain.FailureRecord
import io.pgqueuer.domain.NewJob
import io.pgqueuer.domain.OnConflict
import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.Settlement
import io.pgqueuer.domain.headersOf
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Waiting
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours

class JobRepositorySpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    beforeSpec { backend.schema.install() }
    afterEach { backend.jobs.clear() }
    afterSpec { backend.close() }

    test("a job travels through the database unchanged") {
        val (id) = backend.jobs.enqueue(
            listOf(NewJob("a", byteArrayOf(0, -1, 39, 92), 7, dedupeKey = "k", headers = headersOf("x" to "ü"))),
        )
        val claimed = backend.claim(ClaimTarget("a")).jobs.single()
        claimed.job.id shouldBe id
        claimed.job.payload shouldBe byteArrayOf(0, -1, 39, 92)
        claimed.job.priority shouldBe 7
        claimed.job.headers shouldBe headersOf("x" to "ü")
        claimed.lease.epoch shouldBe 1
        backend.jobs.settle(listOf(Settlement(claimed.lease, Outcome.Succeeded))) shouldBe setOf(claimed.lease)
        backend.jobs.settle(listOf(Settlement(claimed.lease, Outcome.Succeeded))) shouldBe emptySet()
        backend.insights.log(id!!).map { it.status.label } shouldContainExactly listOf("queued", "picked", "successful")
        backend.insights.job(id).shouldBeNull()
    }

    test("a claim merges entrypoints, deferred jobs and limits in claim order") {
        backend.jobs.enqueue((0..9).map { NewJob(if (it % 2 == 0) "a" else "b", priority = it / 5) })
        val batch = backend.claim(ClaimTarget("a"), ClaimTarget("b", concurrencyLimit = 2), limit = 6)
        batch.jobs.map { it.job.priority } shouldContainExactly listOf(1, 1, 1, 1, 0, 0)
        batch.jobs.count { it.job.entrypoint == "b" } shouldBe 2
        val none = backend.claim(ClaimTarget("b", concurrencyLimit = 2))
        none.jobs shouldHaveSize 0
        (none.waiting as Waiting.Seen).due shouldBe true
    }
})
