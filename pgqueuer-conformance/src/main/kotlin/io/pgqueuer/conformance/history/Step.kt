package io.pgqueuer.conformance.history

import io.pgqueuer.EntrypointOptions
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.WorkerId
import io.pgqueuer.conformance.alice
import io.pgqueuer.conformance.bob
import io.pgqueuer.port.ClaimTarget
import java.util.UUID
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** One operation of a history. Jobs and leases are numbered in the order in which they were created. */
internal sealed interface Step {
    data class Enqueue(val jobs: List<NewJob>, val onConflict: OnConflict) : Step

    data class Claim(
        val worker: WorkerId,
        val targets: List<ClaimTarget>,
        val limit: Int,
        val maxPayloadBytes: Long,
        val takeOver: Boolean,
        val tellsWaiting: Boolean,
        val ended: List<Pair<Int, Ending>> = emptyList(),
    ) : Step

    data class Settle(val outcomes: List<Pair<Int, Ending>>) : Step

    data class Renew(val leases: List<Int>) : Step

    data class Cancel(val jobs: List<Int>) : Step

    data class Requeue(val jobs: List<Int>) : Step

    data class RunNow(val jobs: List<Int>) : Step

    data class Dismiss(val jobs: List<Int>) : Step

    data class Clear(val entrypoint: String) : Step

    /** Pauses an entrypoint, or the whole queue if it is null. */
    data class Pause(val entrypoint: String?, val duration: Duration?) : Step

    data class Resume(val entrypoint: String?) : Step

    data class Advance(val duration: Duration) : Step
}

/** An outcome without its lease. The names are those that the log uses, such as [SUCCESSFUL][JobStatus.SUCCESSFUL]. */
internal data class Ending(val status: JobStatus, val retryAfter: Duration? = null)

// Time moves in whole minutes, and everything becomes due between two of them. A real store's clock moves while a
// history runs. It still sees the same jobs due and the same leases expired.
internal val HISTORY_LEASE = 90.seconds
internal const val HISTORY_MAX_RESCUES = 2
private val PAUSES = listOf(null, 30.seconds, 150.seconds)
private val DELAYS = listOf(Duration.ZERO, Duration.ZERO, 30.seconds, 150.seconds)

/** Returns the history of [seed]. It is always the same. */
internal fun historyOf(seed: Long, length: Int): List<Step> {
    val random = Random(seed)
    return List(length) { random.step() }
}

private val ENTRYPOINTS = listOf("a", "b", "c")
private val WORKERS = listOf(alice, bob, WorkerId(UUID(0xCA401, 3)))

private fun Random.step(): Step = when (nextInt(100)) {
    in 0..<25 -> Step.Enqueue(several(4) { newJob() }, OnConflict.entries.random(this))

    in 25..<50 -> Step.Claim(
        worker = WORKERS.random(this),
        targets = ENTRYPOINTS.shuffled(this).take(nextInt(1, 4)).map { target(it) },
        limit = nextInt(1, 6),
        maxPayloadBytes = if (nextInt(4) == 0) nextLong(1, 100) else Long.MAX_VALUE,
        takeOver = nextInt(8) != 0,
        tellsWaiting = nextBoolean(),
        ended = if (nextInt(3) == 0) several(4) { recent() to ending() } else emptyList(),
    )

    in 50..<70 -> Step.Settle(several(4) { recent() to ending() })

    in 70..<76 -> Step.Renew(several(4) { recent() })

    in 76..<81 -> Step.Cancel(several(3) { recent() })

    in 81..<84 -> Step.Requeue(several(6) { recent() })

    84 -> Step.RunNow(several(6) { recent() })

    85 -> Step.Dismiss(several(3) { recent() })

    86 -> Step.Clear(ENTRYPOINTS.random(this))

    87, 88 -> Step.Pause(pausable(), PAUSES.random(this))

    89, 90 -> Step.Resume(pausable())

    else -> Step.Advance(nextInt(1, 4).minutes)
}

private fun Random.target(entrypoint: String): ClaimTarget {
    val limit = nextInt(0, 4)
    return ClaimTarget(entrypoint, EntrypointOptions { concurrencyLimit = limit.takeIf { it > 0 } })
}

private fun Random.pausable() = (ENTRYPOINTS + null).random(this)

private fun Random.newJob(): NewJob {
    val random = this
    return NewJob(ENTRYPOINTS.random(random), nextInt(-20, 60).takeIf { it >= 0 }?.let(::ByteArray)) {
        priority = nextInt(-1, 2)
        delay = DELAYS.random(random)
        dedupeKey = if (nextInt(3) == 0) "k${nextInt(4)}" else null
    }
}

private fun Random.ending() = when (nextInt(6)) {
    0 -> Ending(JobStatus.SUCCESSFUL)
    1 -> Ending(JobStatus.EXCEPTION)
    2 -> Ending(JobStatus.HELD)
    3 -> Ending(JobStatus.QUEUED, retryAfter = DELAYS.random(this))
    4 -> Ending(JobStatus.CANCELED)
    else -> Ending(JobStatus.QUEUED)
}

/** The distance from the newest. */
private fun Random.recent() = nextInt(12)

private fun <T> Random.several(most: Int, make: () -> T) = List(nextInt(1, most + 1)) { make() }
