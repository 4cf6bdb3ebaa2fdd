package io.pgqueuer.ktor.internal

import io.pgqueuer.RunOptions
import io.pgqueuer.Worker
import kotlinx.coroutines.CancellationException
import org.slf4j.LoggerFactory
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration

/** The run of [worker] in an application, which goes on if it fails. */
internal class WorkerRun(
    private val worker: Worker,
    private val options: RunOptions,
) {
    private val stopped = AtomicBoolean()

    suspend fun run() {
        try {
            worker.run(options)
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            log.error("the worker does not run: its run ended with an error", e)
        }
    }

    /** A worker that stops claims nothing more, although it still listens. */
    suspend fun isHealthy(timeout: Duration): Boolean = !stopped.get() && worker.listenerHealthy(timeout)

    fun stop() {
        // A second request would skip the wait for handlers.
        if (stopped.compareAndSet(false, true)) worker.shutdown()
    }

    private companion object {
        val log = LoggerFactory.getLogger("io.pgqueuer.ktor.PgQueuer")
    }
}
