package io.pgqueuer.engine.calls

import kotlinx.coroutines.channels.ReceiveChannel

/**
 * Hands out what comes in batches of at most [most], until this channel is closed: whatever gathers while [block] has one
 * makes the next, so that a lone element waits for nothing.
 */
internal suspend fun <T> ReceiveChannel<T>.forEachBatch(most: Int, block: suspend (List<T>) -> Unit) {
    for (first in this) {
        val batch = ArrayList<T>().apply { add(first) }
        while (batch.size < most) batch += tryReceive().getOrNull() ?: break
        block(batch)
    }
}
