package io.pgqueuer.cli.torture.worker

import io.pgqueuer.cli.torture.record.Ending
import io.pgqueuer.cli.torture.record.RunKey
import java.io.InterruptedIOException
import kotlin.coroutines.cancellation.CancellationException

/** Is told of the runs of the handlers. */
internal interface RunListener {
    fun began(key: RunKey)

    fun ended(key: RunKey, ending: Ending)

    companion object {
        /** Ignores what it is told. */
        val NONE = object : RunListener {
            override fun began(key: RunKey) = Unit

            override fun ended(key: RunKey, ending: Ending) = Unit
        }
    }
}

/** Tells that this run begins, runs [block], and tells how it ended. */
internal inline fun <T> RunListener.telling(key: RunKey, block: () -> T): T {
    began(key)
    var ending = Ending.FAILED
    try {
        return block().also { ending = Ending.RETURNED }
    } catch (e: Throwable) {
        if (e.isCancellation) ending = Ending.CANCELLED
        throw e
    } finally {
        ended(key, ending)
    }
}

internal val Throwable.isCancellation: Boolean
    get() = this is CancellationException || this is InterruptedException || this is InterruptedIOException
