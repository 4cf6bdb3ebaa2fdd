package io.pgqueuer.engine

import kotlinx.coroutines.runInterruptible
import kotlin.coroutines.CoroutineContext

/** What a user registered to run in a context [C] for each subject [S]: a job, or a schedule. */
internal sealed interface Handler<C, S> {
    /** @param blocking where handlers run that block their thread. */
    suspend fun run(context: C, subject: S, blocking: CoroutineContext)

    class Suspending<C, S>(
        private val body: suspend C.(S) -> Unit,
    ) : Handler<C, S> {
        override suspend fun run(context: C, subject: S, blocking: CoroutineContext) = context.body(subject)
    }

    /** Blocks its thread; interrupted when it is cancelled. */
    class Blocking<C, S>(
        private val body: C.(S) -> Unit,
    ) : Handler<C, S> {
        override suspend fun run(context: C, subject: S, blocking: CoroutineContext) =
            runInterruptible(blocking) { context.body(subject) }
    }
}
