package io.pgqueuer.cli.bench.process

import io.pgqueuer.WorkerBuilder
import io.pgqueuer.cli.bench.ENTRYPOINT

/**
 * How the handlers of a process are declared.
 *
 * @property suffix tells their results apart.
 */
internal enum class HandlerKind(val suffix: String) {
    SUSPENDING("") {
        override fun WorkerBuilder.handle(handler: () -> Unit) = entrypoint(ENTRYPOINT) { handler() }
    },
    BLOCKING(" blocking") {
        override fun WorkerBuilder.handle(handler: () -> Unit) = blockingEntrypoint(ENTRYPOINT) { handler() }
    }, ;

    /** Runs [handler] for each job. */
    abstract fun WorkerBuilder.handle(handler: () -> Unit)
}
