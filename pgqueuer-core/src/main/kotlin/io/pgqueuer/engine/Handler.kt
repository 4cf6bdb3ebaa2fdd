package io.pgqueuer.engine

import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withContext
import kotlin.coroutines.CoroutineContext

/** What a user registered to run in a context [C] for each subject [S]: a job, or a schedule. */
internal sealed interface Handler<C, S> {
    /**
     * Runs the handler, and throws what it throws.
     *
     * @param blocking where handlers run that block their thread.
     * @param limit how long it may run, counted from its first instruction; null for any time.
     */
    suspend fun run(context: C, subject: S, blocking: CoroutineContext, limit: TimeLimit? = null)

    class Suspending<C, S>(
        private val body: suspend C.(S) -> Unit,
    ) : Handler<C, S> {
        override suspend fun run(context: C, subject: S, blocking: CoroutineContext, limit: TimeLimit?) {
            if (limit == null) return context.body(subject)
            limit.failureOfSuspending { thrownBy { context.body(subject) } }?.let { throw it }
        }
    }

    /** Blocks its thread; interrupted when it is cancelled. */
    class Blocking<C, S>(
        private val body: C.(S) -> Unit,
    ) : Handler<C, S> {
        override suspend fun run(context: C, subject: S, blocking: CoroutineContext, limit: TimeLimit?) {
            // The limit is inside: it must not count the time that the handler waits for a thread.
            withContext(blocking) {
                if (limit ==
                    null
                ) {
                    interruptibly(context, subject)
                } else {
                    limit.failureOf { interruptibly(context, subject) }
                }
            }?.let { throw it }
        }

        private suspend fun interruptibly(context: C, subject: S): Throwable? =
            runInterruptible { thrownBy { context.body(subject) } }
    }
}

/**
 * Returns what [block] throws, null if it ends well.
 *
 * A handler's exception leaves a coroutine as a value. As an exception, coroutines may copy it and read its stack trace
 * and cause (with assertions enabled, they do): that is users' code, and if it throws, the coroutine never ends.
 */
private inline fun thrownBy(block: () -> Unit): Throwable? = try {
    block()
    null
} catch (e: Throwable) {
    e
}
