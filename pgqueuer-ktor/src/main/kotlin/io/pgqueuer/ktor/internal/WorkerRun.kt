package io.pgqueuer.ktor.internal

import io.pgqueuer.RunOptions
import io.pgqueuer.SchemaException
import io.pgqueuer.StoreClosedException
import io.pgqueuer.Worker
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Runs [worker] until it is stopped, and starts it again when its run fails, with a growing wait. */
internal class WorkerRun(
    private val worker: Worker,
    private val options: RunOptions,
) {
    private val stopped = CompletableDeferred<Unit>()

    suspend fun run() {
        var wait = FIRST_WAIT
        while (!stopped.isCompleted) {
            try {
                worker.run(options)
                return
            } catch (e: CancellationException) {
                throw e
            } catch (e: SchemaException) {
                return log.error("the worker does not run: its schema is not as expected", e)
            } catch (e: StoreClosedException) {
                return log.error("the worker does not run: its backend is closed", e)
            } catch (e: Exception) {
                log.error("the worker failed; it starts again in $wait", e)
            }
            withTimeoutOrNull(wait) { stopped.await() }
            wait = minOf(wait * 2, LONGEST_WAIT)
        }
    }

    /** A worker that stops claims nothing more, although it still listens. */
    suspend fun isHealthy(timeout: Duration): Boolean = !stopped.isCompleted && worker.listenerHealthy(timeout)

    fun stop() {
        // A second request would skip the wait for handlers.
        if (stopped.complete(Unit)) worker.shutdown()
    }

    private companion object {
        val FIRST_WAIT = 1.seconds
        val LONGEST_WAIT = 30.seconds
        val log = LoggerFactory.getLogger("io.pgqueuer.ktor.PgQueuer")
    }
}
