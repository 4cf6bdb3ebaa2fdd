package io.pgqueuer.engine.snapshots

import io.pgqueuer.Insights
import io.pgqueuer.QueueSnapshot
import io.pgqueuer.SnapshotFailure
import io.pgqueuer.SnapshotReader
import io.pgqueuer.port.Store
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlin.time.Duration
import kotlin.time.TimeMark

/** Reads the insights of a [store] in [scope]. */
internal class StoreSnapshotReader(
    store: Store,
    private val scope: CoroutineScope,
    override val interval: Duration,
) : SnapshotReader {
    private val insights: Insights = store.insights
    private val runtime = store.runtime(scope.coroutineContext)
    private val created = runtime.timeSource.markNow()

    @Volatile
    private var state = State(null, null, null)
    private var newest: Reading? = null
    private var closed = false

    init {
        require(interval >= SnapshotReader.SHORTEST_INTERVAL && interval.isFinite()) {
            "interval must be >= ${SnapshotReader.SHORTEST_INTERVAL} and finite, was $interval"
        }
    }

    override val last: QueueSnapshot? get() = state.last
    override val lastFailure: SnapshotFailure? get() = state.failure
    override val age: Duration get() = (state.lastEnded ?: created).elapsedNow()

    override suspend fun read(): QueueSnapshot {
        val reading = newest()
        val result = try {
            reading.result.await()
        } catch (e: CancellationException) {
            currentCoroutineContext().ensureActive()
            throw IllegalStateException(ENDED, e)
        }
        return result.getOrThrow()
    }

    @Synchronized
    private fun newest(): Reading {
        check(!closed) { ENDED }
        newest?.let { if (it.isFresh()) return it }
        return Reading().also { newest = it }
    }

    @Synchronized
    override fun close() {
        closed = true
        newest?.result?.cancel()
    }

    private suspend fun readStore() = QueueSnapshot(
        backlog = insights.backlog(),
        throughput = insights.throughput(QueueSnapshot.WINDOW),
        workers = insights.activeWorkers(),
        tables = insights.tableSizes(),
        oldestTransaction = insights.oldestTransaction(),
        readAt = runtime.clock.now(),
    )

    private inner class Reading {
        @Volatile
        private var ended: TimeMark? = null

        /** A failure is a result, so that it does not end the scope. */
        val result: Deferred<Result<QueueSnapshot>> = scope.async(runtime.engine) {
            try {
                Result.success(readStore())
            } catch (e: CancellationException) {
                throw e
            } catch (e: Exception) {
                Result.failure(e)
            }.also(::end)
        }

        /** Whether it is on its way, or ended within the interval. */
        fun isFresh(): Boolean = ended?.let { it.elapsedNow() < interval } ?: !result.isCancelled

        private fun end(result: Result<QueueSnapshot>) {
            val now = runtime.timeSource.markNow()
            ended = now
            state = result.fold(
                { State(it, now, null) },
                { State(state.last, state.lastEnded, SnapshotFailure(runtime.clock.now(), it)) },
            )
        }
    }

    private class State(
        val last: QueueSnapshot?,
        val lastEnded: TimeMark?,
        val failure: SnapshotFailure?,
    )

    private companion object {
        const val ENDED = "the snapshot reader is closed, or its scope has ended"
    }
}
