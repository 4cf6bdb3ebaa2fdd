package io.pgqueuer.cli.run

import io.pgqueuer.PgQueuerException
import io.pgqueuer.RunOptions
import io.pgqueuer.RunReport
import io.pgqueuer.StoreClosedException
import io.pgqueuer.Worker
import io.pgqueuer.WorkerFailedException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Runs [count] workers that [make] makes, until all have ended. If one fails, the others are stopped, or it [restarts].
 *
 * All workers are made before the first one runs, so that a mistake in making them is found at once.
 */
internal class WorkerGroup(
    count: Int,
    private val restarts: Boolean,
    private val make: () -> Worker,
) {
    private val members = List(count) { Member(make()) }
    private val stopping = CompletableDeferred<Unit>()

    /**
     * Returns the sum of what the workers did.
     *
     * @throws Exception what the first failed worker threw, once the others have ended.
     */
    suspend fun run(options: RunOptions): RunReport {
        val results = coroutineScope {
            // Undispatched: all run before the first signal is received, so that they can be told to stop.
            members.map { member ->
                async(start = CoroutineStart.UNDISPATCHED) {
                    runCatching { member.run(options) }.onFailure { shutdown() }
                }
            }.awaitAll()
        }
        results.firstNotNullOfOrNull { it.exceptionOrNull() }?.let { throw it }
        return results.map { it.getOrThrow() }.reduce(RunReport::plus)
    }

    /** Asks all workers to stop; a second call skips the wait for their handlers. */
    fun shutdown() {
        stopping.complete(Unit)
        members.forEach { it.worker.shutdown() }
    }

    private inner class Member(
        @Volatile var worker: Worker,
    ) {
        private var wait = Duration.ZERO

        suspend fun run(options: RunOptions): RunReport {
            while (true) {
                val started = TimeSource.Monotonic.markNow()
                try {
                    return worker.run(options)
                } catch (e: CancellationException) {
                    throw e
                } catch (e: Exception) {
                    if (!restarts || stopping.isCompleted || !e.canPass) throw e
                    rest(e, started)
                    if (stopping.isCompleted) throw e
                    worker = make()
                }
            }
        }

        private suspend fun rest(failure: Exception, started: TimeMark) {
            wait = if (started.elapsedNow() > LONG_RUN) SHORTEST else (wait * 2).coerceIn(SHORTEST, LONGEST)
            log.error("the worker failed; it is started again in {}: {}", wait, failure.message)
            withTimeoutOrNull(wait) { stopping.await() }
        }
    }

    /** Whether the same worker may run later: the store cannot be reached or is not ready, or a part of it failed. */
    private val Exception.canPass
        get() = this is WorkerFailedException || (this is PgQueuerException && this !is StoreClosedException)

    private companion object {
        val SHORTEST = 1.seconds
        val LONGEST = 1.minutes

        /** After a run as long as this, a failure counts as the first one. */
        val LONG_RUN = 5.minutes
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
