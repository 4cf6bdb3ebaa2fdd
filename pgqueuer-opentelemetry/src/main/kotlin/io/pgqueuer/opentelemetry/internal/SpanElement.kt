package io.pgqueuer.opentelemetry.internal

import io.opentelemetry.context.Context
import io.opentelemetry.context.Scope
import kotlinx.coroutines.ThreadContextElement
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

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
