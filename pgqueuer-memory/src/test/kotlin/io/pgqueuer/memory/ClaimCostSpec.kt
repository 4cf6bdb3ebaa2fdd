package io.pgqueuer.memory

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.WorkerId
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import java.util.UUID
import kotlin.random.Random
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

private const val JOBS = 100_000
private const val ENTRYPOINTS = 100
private const val BATCH = 10

class ClaimCostSpec : FunSpec({
    // 2 * log2(100,000 / 100) comparisons to take a job from its set, and as many to merge the entrypoints.
    val perJob = 40L

    fun claimsOf100kJobs(configure: (Int, Random) -> NewJob): Long {
        var comparisons = 0L
        val table = QueueTable(
            Comparator { a, b ->
                comparisons++
                Row.CLAIM_ORDER.compare(a, b)
            },
        )
        val start = Instant.fromEpochSeconds(0)
        val random = Random(1)
        repeat(JOBS) { table.insert(configure(it, random), start) }
        comparisons = 0
        val request = ClaimRequest(
            worker = WorkerId(UUID(0, 1)),
            targets = List(ENTRYPOINTS) { ClaimTarget("e$it") },
            limit = BATCH,
            leaseTimeout = 30.seconds,
            maxRescues = 3,
        )
        val transaction = Transaction(Tables(table), start + 2.hours)
        val claimed = generateSequence { Claim(transaction, request).run().jobs.ifEmpty { null } }.sumOf { it.size }
        claimed shouldBe JOBS
        return comparisons / JOBS
    }

    // Each claim also looks at every entrypoint that it names once.
    val perTarget = (ENTRYPOINTS / BATCH) * 2L

    test("a claim costs O(log n) comparisons a job with 100,000 jobs in the queue") {
        claimsOf100kJobs { i, random ->
            NewJob("e${i % ENTRYPOINTS}") { priority = random.nextInt(5) }
        } shouldBeLessThan
            perJob + perTarget
    }

    test("so does one of jobs that were deferred") {
        claimsOf100kJobs { i, random ->
            NewJob("e${i % ENTRYPOINTS}") { delay = random.nextInt(3600).seconds }
        } shouldBeLessThan perJob + perTarget
    }
})
