package io.pgqueuer.cli.torture.record

import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.CancellationException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.ConcurrentSkipListSet
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Instant

/** What the queue has confirmed to those who enqueue, cancel and requeue. It must keep that, whatever happens. */
internal class Told {
    private val enqueuedJobs = ConcurrentSkipListSet<Long>()
    private val canceledJobs = ConcurrentHashMap<Long, Instant>()
    private val requeuedJobs = ConcurrentHashMap<Long, Int>()
    private val failedCalls = AtomicInteger()
    private val strangeFailures = ConcurrentLinkedQueue<String>()

    val enqueued: Set<Long> get() = enqueuedJobs

    /** When the cancellation of each job was confirmed. */
    val canceled: Map<Long, Instant> get() = canceledJobs

    /** How often the requeue of each job was confirmed. */
    val requeued: Map<Long, Int> get() = requeuedJobs

    /** How many calls failed as calls may fail: nobody knows whether they took effect. */
    val failures: Int get() = failedCalls.get()

    /** Calls that failed in a way that the API does not promise. */
    val strange: List<String> get() = strangeFailures.toList()

    /** The jobs that were enqueued last, at most this many. */
    fun newest(among: Int): List<Long> = enqueuedJobs.descendingSet().take(among)

    fun enqueued(id: Long) {
        enqueuedJobs += id
    }

    fun canceled(id: Long, at: Instant) {
        canceledJobs[id] = at
    }

    fun requeued(id: Long) {
        requeuedJobs.merge(id, 1, Int::plus)
    }

    /** Runs [call], which may fail as the API says. If it fails otherwise, that is remembered as strange. */
    suspend fun asking(what: String, call: suspend () -> Unit) = try {
        call()
    } catch (_: StoreUnavailableException) {
        failed()
    } catch (e: CancellationException) {
        throw e
    } catch (e: Exception) {
        strange("$what threw $e")
    }

    fun failed() {
        failedCalls.incrementAndGet()
    }

    fun strange(what: String) {
        strangeFailures += what
    }
}
