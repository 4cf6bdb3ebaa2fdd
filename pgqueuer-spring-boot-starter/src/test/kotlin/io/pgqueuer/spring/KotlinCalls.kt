package io.pgqueuer.spring

import io.pgqueuer.JobQueue
import kotlinx.coroutines.runBlocking

/** Enqueues as an application in Kotlin does in a method with `@Transactional`. */
internal fun enqueueInKotlin(queue: JobQueue, entrypoint: String) = runBlocking { queue.enqueue(entrypoint) }
