package io.pgqueuer.java.internal

import io.pgqueuer.Worker
import io.pgqueuer.java.RunOptions
import io.pgqueuer.java.RunReport
import io.pgqueuer.java.Worker
import kotlinx.coroutines.Job
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import kotlin.time.toKotlinDuration

/** One worker, and its run if it has one. */
internal class CoreWorker(
    private val client: ClientBridge,
    private val core: Worker,
) : Worker {
    private var run: Job? = null
    private var stopAsked = false

    @Synchronized
    override fun start(options: RunOptions): CompletableFuture<RunReport> = try {
        check(run?.isCompleted != false) { "this worker runs already; build another one to run two at once" }
        stopAsked = false
        val call = client.startRun(this) { core.run(options.toCore()).toJava() }
        run = call.work
        // Beside its coroutine, as that waits for handlers without hearing of it once a shutdown has begun.
        call.future.apply { whenComplete { _, _ -> if (isCancelled) repeat(2) { shutdown() } } }
    } catch (e: IllegalStateException) {
        CompletableFuture.failedFuture(e)
    }

    @Synchronized
    override fun shutdown() {
        stopAsked = true
        core.shutdown()
    }

    /** A second request would skip the wait for handlers, so this makes none where one was made. */
    @Synchronized
    fun askToStop() {
        if (!stopAsked) shutdown()
    }

    override fun listenerHealthy(timeout: Duration): CompletableFuture<Boolean> =
        client.call { core.listenerHealthy(timeout.toKotlinDuration()) }

    override fun close() {
        askToStop()
        val current = synchronized(this) { run } ?: return
        val ended = CountDownLatch(1)
        current.invokeOnCompletion { ended.countDown() }
        try {
            ended.await()
        } catch (_: InterruptedException) {
            shutdown()
            ended.awaitUninterruptibly()
            Thread.currentThread().interrupt()
        }
    }
}

private fun CountDownLatch.awaitUninterruptibly() {
    while (true) {
        try {
            return await()
        } catch (_: InterruptedException) {
            // The caller restores the interrupt.
        }
    }
}
