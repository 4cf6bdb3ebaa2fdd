package io.pgqueuer

import io.pgqueuer.engine.PendingDelivery
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow

/**
 * Delivers the jobs of [entrypoint], one at a time: the next comes once the last was acknowledged or put back.
 *
 * Each collector works the queue like a worker of its own; several share it. Delivery is at-least-once. A collector
 * that ends or is cancelled gives its unanswered delivery back, to be delivered at once, its attempts unchanged.
 *
 * @param options how the worker behind it runs; [RunOptions.mode] [RunMode.DRAIN] ends the flow once the queue is empty.
 * Of its tasks and jobs taken ahead there is always one and none.
 */
public fun JobQueue.consume(entrypoint: String, options: RunOptions = RunOptions()): Flow<Delivery> = channelFlow {
    val worker = pgQueuer(backend) {
        entrypoint(entrypoint) {
            val delivery = PendingDelivery(this)
            send(delivery)
            delivery.awaitAnswer()
        }
    }
    worker.run(options.copy(maxConcurrentTasks = 1, prefetch = 0, batchSize = 1))
}.buffer(Channel.RENDEZVOUS)
