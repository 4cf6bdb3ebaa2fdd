package io.pgqueuer.engine.running

import io.pgqueuer.Handler
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.withContext
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext

/**
 * Runs this handler and throws what it throws.
 *
 * @param blocking where handlers run that block their thread. Such a handler is interrupted when it is cancelled.
 * @param limit how long it may run, counted from its first instruction; null for no limit.
 */
internal suspend fun <C, S> Handler<C, S>.run(
    context: C,
    subject: S,
    blocking: CoroutineContext,
    limit: TimeLimit? = null,
) {
    val failure = when (this) {
        is Handler.Suspending -> {
            if (limit == null) return body(context, subject)
            limit.failureOfSuspending { thrownBy { body(context, subject) } }
        }

        // The limit is inside, so that it does not count the time that the handler waits for a thread.
        is Handler.Blocking -> on(blocking) {
            if (limit == null) interruptibly(context, subject) else limit.failureOf { interruptibly(context, subject) }
        }
    }
    failure?.let { throw it }
}

/** Runs [block] on the dispatcher of [threads], without a coroutine of its own if the caller is there already. */
private suspend fun <T> on(threads: CoroutineContext, block: suspend () -> T): T {
    val wanted = threads[ContinuationInterceptor]
    return if (wanted == null || wanted === currentCoroutineContext()[ContinuationInterceptor]) {
        block()
    } else {
        withContext(threads) { block() }
    }
}

private suspend fun <C, S> Handler.Blocking<C, S>.interruptibly(context: C, subject: S): Throwable? =
    runInterruptible { thrownBy { body(context, subject) } }

/**
 * Returns what [block] throws, or null if it succeeds.
 *
 * A handler's exception leaves a coroutine as a value. If it were thrown, coroutines might copy it and read its stack
 * trace and cause (they do with assertions enabled). That is users' code, and if it throws, the coroutine never ends.
 */
private inline fun thrownBy(block: () -> Unit): Throwable? = try {
    block()
    null
} catch (e: Throwable) {
    e
}
