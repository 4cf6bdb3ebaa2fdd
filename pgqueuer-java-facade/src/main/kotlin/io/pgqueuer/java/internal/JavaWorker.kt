package io.pgqueuer.java.internal

import io.pgqueuer.WorkerFailedException
import io.pgqueuer.java.RunOptions
import io.pgqueuer.java.RunReport
import io.pgqueuer.java.Worker
import kotlinx.coroutines.Job
import org.slf4j.LoggerFactory
import java.time.Duration
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import kotlin.time.toKotlinDuration
import io.pgqueuer.Worker as CoreWorker

/**
 * A worker, and its run if it has one.
 *
 * Each run has a core worker of its own, made by [make]: a request to stop that comes late concerns the run that it was
 * meant for, and not the next one.
 */
internal class JavaWorker(
    private val backend: JavaBackend,
    private val make: () -> CoreWorker,
) : Worker {
    private var core = make()
    private var run: Job? = null
    private var stopAsked = false

    @Synchronized
    override fun start(options: RunOptions): CompletableFuture<RunReport> {
        required("options" to options)
        val coreOptions = options.toCore()
        if (isRunning()) {
            return CompletableFuture.failedFuture(
                IllegalStateException("this worker runs already; build another one to run two at once"),
            )
        }
        // A worker that has not run yet is kept: it may have been asked to stop.
        if (run != null) core = make()
        val current = core
        val call = backend.startRun(this) { current.run(coreOptions).toJava() }
        run = call.work
        stopAsked = false
        // Besides the coroutine's cancellation: it does not end a wait for handlers once a shutdown has begun.
        return call.future.apply {
            whenComplete { _, failure ->
                if (isCancelled) repeat(2) { current.shutdown() }
                failure?.let(::tell)
            }
        }
    }

    /** Callers often drop the future of a worker that is meant to run for ever. */
    private fun tell(failure: Throwable) {
        // A worker that failed has told so itself.
        if (failure is CancellationException || failure is WorkerFailedException) return
        log.error("the worker does not run: its run ended with an error", failure)
    }

    @Synchronized
    override fun shutdown() {
        // After a run has ended, the request is for the next one.
        if (run?.isCompleted == true) {
            core = make()
            run = null
        }
        stopAsked = true
        core.shutdown()
    }

    /** Asks the run to stop, unless that was done: a second request would skip the wait for handlers. */
    @Synchronized
    fun askToStop() {
        if (isRunning() && !stopAsked) shutdown()
    }

    override fun listenerHealthy(timeout: Duration): CompletableFuture<Boolean> {
        required("timeout" to timeout)
        val current = synchronized(this) { core }
        return backend.call { current.listenerHealthy(timeout.toKotlinDuration()) }
    }

    override fun close() {
        askToStop()
        val current = synchronized(this) { run } ?: return
        try {
            backend.threads.await(current)
        } catch (_: InterruptedException) {
            synchronized(this) { if (isRunning()) shutdown() }
            current.awaitUninterruptibly()
            Thread.currentThread().interrupt()
        }
    }

    private fun Job.awaitUninterruptibly() {
        while (true) {
            try {
                backend.threads.await(this)
                return
            } catch (_: InterruptedException) {
                // The caller restores the interrupt.
            }
        }
    }

    private fun isRunning() = run?.isCompleted == false

    private companion object {
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
