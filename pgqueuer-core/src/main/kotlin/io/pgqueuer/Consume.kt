package io.pgqueuer

import io.pgqueuer.engine.GiveBackException
import io.pgqueuer.engine.PendingDelivery
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow

/**
 * Delivers the jobs of [entrypoint], one at a time: the next comes once the last was acknowledged or put back.
 *
 * Every collector works the queue like a worker of its own; several share it. Delivery is at-least-once. However a
 * collection ends (normally, as by `first()` and `take(n)`, by cancellation, a timeout or an exception of the collector),
 * its unanswered delivery is given back before the collection returns. That job is delivered again at once, its attempts
 * unchanged.
 *
 * @param options how the worker behind it runs; [RunOptions.mode] [RunMode.DRAIN] ends the flow once the queue is empty.
 * It always runs one job and takes none ahead, whatever the options say.
 */
public fun JobQueue.consume(entrypoint: String, options: RunOptions = RunOptions()): Flow<Delivery> = channelFlow {
    val worker = pgQueuer(backend) {
        entrypoint(entrypoint) {
            val delivery = PendingDelivery(this)
            try {
                send(delivery)
            } catch (e: CancellationException) {
                currentCoroutineContext().ensureActive()
                throw GiveBackException("nobody received job ${job.id}: ${e.message}")
            }
            delivery.awaitAnswer()
        }
    }
    worker.run(options.copy(maxConcurrentTasks = 1, prefetch = 0, batchSize = 1))
}.buffer(Channel.RENDEZVOUS)
