package io.pgqueuer.opentelemetry.internal

import io.opentelemetry.context.Context
import io.opentelemetry.context.Scope
import kotlinx.coroutines.ThreadContextElement
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn

/** Makes [openTelemetry] the current context on whichever thread the coroutine runs. */
internal class SpanElement(
    private val openTelemetry: Context,
) : AbstractCoroutineContextElement(SpanElement), ThreadContextElement<Scope> {
    override fun updateThreadContext(context: CoroutineContext): Scope = openTelemetry.makeCurrent()

    override fun restoreThreadContext(context: CoroutineContext, oldState: Scope) {
        oldState.close()
    }

    companion object Key : CoroutineContext.Key<SpanElement>
}

/**
 * Runs [block] with [current] as OpenTelemetry's context, on whichever threads.
 *
 * Unlike `withContext`, it starts no coroutine: what [block] returns or throws is returned or thrown as it is, even if
 * the job was cancelled meanwhile. It is also faster, since it does not set the logging context again.
 */
internal suspend fun within(current: Context, block: suspend () -> Unit) =
    suspendCoroutineUninterceptedOrReturn { caller ->
        val scope = current.makeCurrent()
        try {
            block.startCoroutineUninterceptedOrReturn(Within(caller, caller.context + SpanElement(current)))
        } finally {
            scope.close()
        }
    }

private class Within(
    private val caller: Continuation<Unit>,
    override val context: CoroutineContext,
) : Continuation<Unit> {
    override fun resumeWith(result: Result<Unit>) = caller.resumeWith(result)
}
