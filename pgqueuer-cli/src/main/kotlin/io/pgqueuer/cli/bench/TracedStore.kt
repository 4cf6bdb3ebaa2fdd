package io.pgqueuer.cli.bench

import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.Signal
import io.pgqueuer.port.Store
import io.pgqueuer.port.TableOperation
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.onEach
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.TimeSource.Monotonic.ValueTimeMark
import kotlin.time.TimeSource.Monotonic.markNow

/**
 * A [real] store that keeps when its worker received what it needs to run a job, and counts its claims. One job at a
 * time is enqueued on it.
 */
internal class TracedStore(
    private val real: Store,
) : Store by real {
    @Volatile
    private var notified: ValueTimeMark? = null

    @Volatile
    private var claim: Claim? = null

    private val claimCount = AtomicInteger()

    /** How many claims were sent. */
    val claims: Int get() = claimCount.get()

    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun claim(request: ClaimRequest): ClaimBatch {
            val began = markNow()
            claimCount.incrementAndGet()
            return real.jobs.claim(request).also { if (it.jobs.isNotEmpty()) claim = Claim(began, markNow()) }
        }
    }

    override val notifications: Notifications = object : Notifications by real.notifications {
        override fun listen(): Flow<Signal> =
            real.notifications.listen().onEach { if (it.tellsOfEnqueue()) notified = markNow() }
    }

    private fun Signal.tellsOfEnqueue(): Boolean {
        val event = (this as? Signal.Received)?.event
        return event is QueueEvent.TableChanged && event.operation == TableOperation.INSERT
    }

    /** Forgets the job before. */
    fun reset() {
        notified = null
        claim = null
    }

    /** Returns the steps of the job whose enqueue returned at [committed] and whose handler began at [started]. */
    fun steps(committed: ValueTimeMark, started: ValueTimeMark): JobSteps {
        val claim = checkNotNull(claim) { "a job was run that was never claimed" }
        return JobSteps.between(listOf(committed, notified ?: committed, claim.began, claim.ended, started))
    }

    private class Claim(
        val began: ValueTimeMark,
        val ended: ValueTimeMark,
    )
}
