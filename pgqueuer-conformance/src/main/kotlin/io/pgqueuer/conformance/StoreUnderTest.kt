package io.pgqueuer.conformance

import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.EntrypointOptions
import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.LogEntry
import io.pgqueuer.StoredJob
import io.pgqueuer.WorkerId
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

internal val alice = WorkerId(UUID(0xA11CE, 1))
internal val bob = WorkerId(UUID(0xB0B, 2))

internal val LEASE = 30.seconds

/** One topic of the suite. Each test gets a fresh store. */
internal fun conformance(harness: AdapterHarness, tests: Conformance.() -> Unit): TestFactory = funSpec {
    Conformance { name, body -> test(name) { StoreUnderTest(harness.backend(), harness).body() } }.tests()
}

internal fun interface Conformance {
    fun test(name: String, body: suspend StoreUnderTest.() -> Unit)
}

/** A store, with short names for what tests do to it. */
internal class StoreUnderTest(val backend: StoreBackend, private val harness: AdapterHarness) {
    val queue = backend.queue
    val jobs = backend.store.jobs

    suspend fun advance(duration: Duration) = harness.advance(duration)

    /** Claims from [entrypoints], by default from "e". */
    suspend fun claim(
        vararg entrypoints: String = arrayOf("e"),
        limit: Int = 1_000,
        concurrencyLimit: Int? = null,
        worker: WorkerId = alice,
        maxRescues: Int = 3,
        maxPayloadBytes: Long = ClaimRequest.DEFAULT_MAX_PAYLOAD_BYTES,
        takeOver: Boolean = true,
        tellsWaiting: Boolean = true,
        ended: List<Settlement> = emptyList(),
    ): ClaimBatch {
        val targets = entrypoints.map {
            ClaimTarget(it, EntrypointOptions { this.concurrencyLimit = concurrencyLimit })
        }
        return jobs.claim(
            ClaimRequest(worker, targets, limit, LEASE, maxRescues, maxPayloadBytes, takeOver, tellsWaiting, ended),
        )
    }

    /** Tells what waits for a claim of [entrypoints]. */
    suspend fun waiting(vararg entrypoints: String = arrayOf("e"), worker: WorkerId = alice): Waiting.Seen =
        jobs.waiting(ClaimRequest(worker, entrypoints.map { ClaimTarget(it) }, limit = 1, LEASE, maxRescues = 3))

    suspend fun claimOne(entrypoint: String = "e", worker: WorkerId = alice): ClaimedJob =
        withClue("a claim from '$entrypoint'") {
            claim(entrypoint, limit = 1, worker = worker).jobs.singleOrNull().shouldNotBeNull()
        }

    /** Writes the [outcome] of a run whose lease is live. */
    suspend fun settle(lease: Lease, outcome: Outcome) {
        withClue(outcome) { trySettle(lease, outcome) shouldBe setOf(lease) }
    }

    /** Writes the [outcome] of a run if its [lease] is live. Returns the leases that were live. */
    suspend fun trySettle(lease: Lease, outcome: Outcome): Set<Lease> = jobs.settle(listOf(Settlement(lease, outcome)))

    /** Enqueues and claims a job, and settles it as held. */
    suspend fun held(entrypoint: String = "e", dedupeKey: String? = null): JobId {
        val id = queue.enqueue(entrypoint) { this.dedupeKey = dedupeKey }
        settle(claimOne(entrypoint).lease, Outcome.Held(failure(id)))
        return id
    }

    /** Removes all jobs. */
    suspend fun clearAll() {
        backend.insights.queueSize().map { it.entrypoint }.distinct().forEach { queue.clear(it) }
    }

    suspend fun find(id: JobId): StoredJob? = backend.insights.job(id)

    suspend fun job(id: JobId): StoredJob = withClue("job $id") { find(id).shouldNotBeNull() }

    suspend fun log(id: JobId): List<LogEntry> = backend.insights.log(id)

    suspend fun logged(id: JobId): List<JobStatus> = log(id).map { it.status }

    suspend fun count(status: JobStatus? = null): Long =
        backend.insights.queueSize().filter { status == null || it.status == status }.sumOf { it.count }
}

internal val ClaimBatch.ids: List<JobId> get() = jobs.map { it.job.id }

internal fun failure(id: JobId, message: String = "boom") = FailureRecord(
    jobId = id.value,
    timestamp = Instant.parse("2026-11-20T14:11:04.304586Z"),
    type = "java.io.IOException",
    message = message,
    stackTrace = "java.io.IOException: $message\n\tat Handler.run(Handler.kt:1)",
)

/** Every outcome that a run can have. */
internal fun outcomes(id: JobId): List<Outcome> = listOf(
    Outcome.Succeeded,
    Outcome.Failed(failure(id)),
    Outcome.Held(failure(id)),
    Outcome.Retried(Duration.ZERO, failure(id)),
    Outcome.Released,
    Outcome.Canceled,
)
