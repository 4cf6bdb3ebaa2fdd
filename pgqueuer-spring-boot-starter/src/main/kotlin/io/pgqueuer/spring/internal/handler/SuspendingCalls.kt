package io.pgqueuer.spring.internal.handler

import io.pgqueuer.java.internal.SuspendingStage
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.util.concurrent.CompletionStage
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn

/** Returns a stage that calls the suspending [method] on [bean] in the coroutine of its job. */
internal fun suspendingCall(bean: Any, method: Method, arguments: Array<Any?>): CompletionStage<*> =
    SuspendingStage { method.callSuspending(bean, arguments) }

private suspend fun Method.callSuspending(bean: Any, arguments: Array<Any?>) {
    suspendCoroutineUninterceptedOrReturn<Any?> { continuation ->
        try {
            invoke(bean, *arguments, continuation)
        } catch (e: InvocationTargetException) {
            throw e.targetException
        }
    }
}
