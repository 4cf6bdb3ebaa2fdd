package io.pgqueuer.exposed.internal.job

import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.StoreUnavailableException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.sql.SQLException
import kotlin.time.Duration.Companion.seconds

/**
 * Lets concurrent enqueues share statements, and so commits.
 *
 * An enqueue that finds no other one on its way is sent at once. Those that come meanwhile wait for it, and then share
 * the next statement. One that has waited for [PATIENCE] is sent by itself: the statement before it may hang.
 *
 * Each call keeps its own result. If the database refuses a shared statement, it is sent again in two halves, and so on,
 * so that only the call with the refused job fails.
 *
 * @param scope runs shared statements. They belong to no caller: a caller that is cancelled takes none of them away.
 * @param store stores jobs in a transaction of their own.
 */
internal class SharedEnqueues(
    private val scope: CoroutineScope,
    private val store: suspend (List<NewJob>) -> List<JobId?>,
) {
    private class Call(
        val jobs: List<NewJob>,
    ) {
        val bytes: Long = jobs.bytes
        val stored = CompletableDeferred<List<JobId?>>()
    }

    private val lock = Any()

    /** The calls for the next statement, in the order of their arrival. */
    private val waiting = LinkedHashSet<Call>()
    private var isOneOnItsWay = false

    /**
     * Stores [jobs], which [canShare], in one transaction, and returns their ids.
     *
     * If the caller is cancelled while it waits for its turn, nothing is stored. Afterwards the jobs may be stored.
     */
    suspend fun enqueue(jobs: List<NewJob>): List<JobId?> {
        val call = Call(jobs)
        return if (beginsOrWaits(call)) sendAlone(call) else awaitTurn(call)
    }

    /** Returns true if no enqueue is on its way. Otherwise [call] waits. */
    private fun beginsOrWaits(call: Call): Boolean = synchronized(lock) {
        if (isOneOnItsWay) waiting += call
        !isOneOnItsWay.also { isOneOnItsWay = true }
    }

    private suspend fun sendAlone(call: Call): List<JobId?> = try {
        store(call.jobs)
    } finally {
        sendNext()
    }

    private suspend fun awaitTurn(call: Call): List<JobId?> {
        try {
            withTimeoutOrNull(PATIENCE) { call.stored.await() }?.let { return it }
            return if (leave(call)) store(call.jobs) else call.stored.await()
        } finally {
            leave(call)
        }
    }

    /** Returns whether [call] was still waiting. */
    private fun leave(call: Call): Boolean = synchronized(lock) { waiting.remove(call) }

    private fun sendNext() {
        if (isNobodyWaiting()) return
        scope.launch {
            do {
                send(take())
                // Those who have just received their ids often enqueue again. They can share the next statement.
                yield()
            } while (!isNobodyWaiting())
        }.invokeOnCompletion { failure -> if (failure != null) sendNext() }
    }

    /** If nobody waits, the next call is sent at once. */
    private fun isNobodyWaiting(): Boolean = synchronized(lock) {
        waiting.isEmpty().also { if (it) isOneOnItsWay = false }
    }

    /** Takes what fits into one statement, and at least one call if any waits. */
    private fun take(): List<Call> = synchronized(lock) {
        var jobs = 0
        var bytes = 0L
        val taken = waiting.takeWhile {
            val fits = jobs == 0 || (jobs + it.jobs.size <= MOST_JOBS && bytes + it.bytes <= MOST_BYTES)
            jobs += it.jobs.size
            bytes += it.bytes
            fits
        }
        waiting -= taken.toSet()
        taken
    }

    private suspend fun send(calls: List<Call>) {
        if (calls.isEmpty()) return
        val ids = try {
            store(calls.flatMap(Call::jobs)).iterator()
        } catch (e: Throwable) {
            return if (calls.size > 1 && isRefusal(e)) {
                calls.chunked((calls.size + 1) / 2).forEach { send(it) }
            } else {
                calls.forEach { it.stored.completeExceptionally(e) }
            }
        }
        calls.forEach { call -> call.stored.complete(List(call.jobs.size) { ids.next() }) }
    }

    companion object {
        /** How long a call waits for others. */
        val PATIENCE = 1.seconds

        /** The limits of a shared statement. */
        private const val MOST_JOBS = 1_000
        private const val MOST_BYTES = 1L shl 20

        /** The limits of a call that shares. Larger ones are efficient by themselves, and others should not wait for them. */
        private const val MOST_JOBS_OF_A_CALL = 10
        private const val MOST_BYTES_OF_A_CALL = 64L * 1024

        private val List<NewJob>.bytes: Long get() = sumOf { it.payload?.size?.toLong() ?: 0L }

        /**
         * Whether [jobs] can share a statement. Jobs with a dedupe key cannot: their statement waits for each
         * transaction that has stored the same key and has not ended, for however long.
         */
        fun canShare(jobs: List<NewJob>): Boolean = jobs.size <= MOST_JOBS_OF_A_CALL &&
            jobs.none { it.dedupeKey != null } &&
            jobs.bytes <= MOST_BYTES_OF_A_CALL

        /** Whether the database refused some job. Otherwise it could not be reached, which concerns all of them. */
        private fun isRefusal(failure: Throwable): Boolean = failure is Exception &&
            (failure !is StoreUnavailableException || generateSequence<Throwable>(failure) { it.cause }.any(::isOfARow))

        /** Class 23: a constraint, which users may have added. */
        private fun isOfARow(cause: Throwable) = cause is SQLException && cause.sqlState.orEmpty().startsWith("23")
    }
}
