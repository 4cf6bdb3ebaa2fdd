package io.pgqueuer.engine.calls

import kotlinx.coroutines.channels.ReceiveChannel

/**
 * Passes elements to [block] in batches of at most [most], until this channel is closed.
 *
 * Elements that arrive while [block] runs form the next batch. So a single element is never delayed.
 */
internal suspend fun <T> ReceiveChannel<T>.forEachBatch(most: Int, block: suspend (List<T>) -> Unit) {
    for (first in this) {
        val batch = ArrayList<T>().apply { add(first) }
        while (batch.size < most) batch += tryReceive().getOrNull() ?: break
        block(batch)
    }
}
