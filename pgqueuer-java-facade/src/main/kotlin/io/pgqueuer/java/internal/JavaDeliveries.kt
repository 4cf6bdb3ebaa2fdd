package io.pgqueuer.java.internal

import io.pgqueuer.java.Deliveries
import io.pgqueuer.java.Delivery
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.ChannelResult
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.produceIn
import kotlinx.coroutines.job
import kotlinx.coroutines.plus
import java.time.Duration
import java.util.Optional
import java.util.concurrent.CompletableFuture
import kotlin.time.toKotlinDuration
import io.pgqueuer.Delivery as CoreDelivery

/** Hands out what [flow] delivers, one at a time. */
internal class JavaDeliveries(
    flow: Flow<CoreDelivery>,
    private val calls: Calls,
) : Deliveries {
    private val all: Job = SupervisorJob(calls.background.coroutineContext.job)
    private val scope = calls.background + all
    private val deliveries = flow.produceIn(scope)
    private var isWaiting = false

    /** What the current wait, or one that was cancelled, has asked for. */
    private var asked: Deferred<ChannelResult<CoreDelivery>>? = null

    @Synchronized
    override fun next(): CompletableFuture<Optional<Delivery>> {
        if (isWaiting) {
            return CompletableFuture.failedFuture(
                IllegalStateException("another call waits for the next delivery; wait for it first, or cancel it"),
            )
        }
        isWaiting = true
        val receiving = asked ?: scope.async { deliveries.receiveCatching() }.also { asked = it }
        return calls.call { received(receiving.await()) }.apply { whenComplete { _, failure -> end(failure == null) } }
    }

    private fun received(result: ChannelResult<CoreDelivery>): Optional<Delivery> {
        if (result.isClosed) result.exceptionOrNull()?.let { throw it }
        return Optional.ofNullable(result.getOrNull()?.let { JavaDelivery(it, calls) })
    }

    @Synchronized
    private fun end(isHandedOut: Boolean) {
        isWaiting = false
        if (isHandedOut) asked = null
    }

    override fun close() {
        all.cancel(CancellationException("the deliveries were closed"))
        calls.awaitEnd(all)
    }
}

private class JavaDelivery(
    private val core: CoreDelivery,
    private val calls: Calls,
) : Delivery {
    private val job = core.job.toJava()

    override fun job() = job

    override fun ack(): CompletableFuture<Void?> = calls.call {
        core.ack()
        null
    }

    override fun nack(delay: Duration): CompletableFuture<Void?> = required("delay" to delay) {
        calls.call {
            core.nack(delay.toKotlinDuration())
            null
        }
    }

    override fun toString() = "Delivery($job)"
}
