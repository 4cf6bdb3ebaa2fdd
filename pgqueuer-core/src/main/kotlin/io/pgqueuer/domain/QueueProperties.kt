package io.pgqueuer.domain

/**
 * What is agreed on a queue, for all who use it. It is kept with the queue, in the store.
 *
 * @property durability what survives a crash of the database server; default [Durability.DURABLE].
 * @property logLevel what the log keeps; default [LogLevel.FULL].
 * @property notifications whether an enqueue wakes idle workers, and an end who waits for it; default true. Without it,
 * commits of many producers do not wait for each other, and jobs are found when workers look: each
 * [dequeueTimeout][io.pgqueuer.RunOptions.dequeueTimeout]. Cancellations, retries and requeues are told of in any case.
 */
public data class QueueProperties(
    val durability: Durability = Durability.DURABLE,
    val logLevel: LogLevel = LogLevel.FULL,
    val notifications: Boolean = true,
)
