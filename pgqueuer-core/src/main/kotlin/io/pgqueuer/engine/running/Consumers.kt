package io.pgqueuer.engine.running

import io.pgqueuer.Handler
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.leases.LeaseKeeper
import io.pgqueuer.engine.leases.LeaseRegistry
import io.pgqueuer.engine.leases.RunningJob
import io.pgqueuer.engine.leases.endWithoutOutcome
import io.pgqueuer.engine.leases.jobEnded
import io.pgqueuer.engine.settling.StatusLogBuffer
import io.pgqueuer.engine.threads.HandlerThread
import io.pgqueuer.engine.threads.Starters
import io.pgqueuer.engine.threads.handlerThread
import io.pgqueuer.port.Outcome
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.MDC
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.TimeMark

/**
 * Runs claimed jobs. At most as many run at once as there are slots. Jobs with suspending handlers start in order, and so
 * do jobs with blocking ones.
 *
 * Each job with a suspending handler has a coroutine of its own. Jobs with blocking handlers share coroutines, one job
 * after the other: their handlers cannot reach the coroutine, and a new one for each job takes time.
 *
 * @param handlers where jobs with suspending handlers start.
 * @param blockingHandlers where jobs with blocking handlers start.
 */
internal class Consumers(
    context: EngineContext,
    handlers: CoroutineScope,
    blockingHandlers: CoroutineScope,
    private val runner: JobRunner,
    private val registry: LeaseRegistry,
    private val keeper: LeaseKeeper,
    private val buffer: StatusLogBuffer,
    maxConcurrentTasks: Int,
    private val ahead: Ahead,
) {
    private val events = context.events
    private val time = context.time
    private val wakeUps = context.wakeUps
    private val slots = Semaphore(maxConcurrentTasks)
    private val waiting = Channel<Rest>(Channel.UNLIMITED) { unstarted ->
        unstarted.jobs.forEach { conclude(it, Outcome.Released) }
    }
    private val starters = suspendingIn(handlers)
    private val blockingStarters = blockingIn(blockingHandlers)
    private val outerMdc = MDC.getCopyOfContextMap().orEmpty() + ("workerId" to events.worker.toString())

    /** How many batches are handed to [run] and not started to their end. */
    private val behind = AtomicInteger()

    /**
     * Takes over [batch]. Jobs for which a slot is free start at once; the others wait for [run]. Only one caller at a
     * time may offer jobs.
     */
    fun offer(batch: List<RunningJob>) {
        var next = 0
        // No job may overtake one that waits.
        if (behind.get() == 0) {
            while (next < batch.size && slots.tryAcquire()) handOver(batch[next++])
        }
        if (next == batch.size) return
        val rest = batch.subList(next, batch.size)
        behind.incrementAndGet()
        // The channel is closed only after the last claim. If it is closed earlier, the jobs are given back.
        if (waiting.trySend(Rest(rest, time.markNow())).isFailure) rest.forEach { conclude(it, Outcome.Released) }
    }

    /** Starts jobs that were offered while no slot was free. */
    suspend fun run() {
        for (batch in waiting) {
            startAll(batch)
            behind.decrementAndGet()
        }
    }

    /**
     * Starts each job of [rest] when a slot is free. Gives back those that have got none within the patience, or before
     * this is cancelled.
     */
    private suspend fun startAll(rest: Rest) {
        var next = 0
        try {
            while (next < rest.jobs.size) {
                if (!awaitSlot(ahead.patience - rest.since.elapsedNow())) {
                    ahead.end()
                    return
                }
                handOver(rest.jobs[next++])
            }
        } finally {
            while (next < rest.jobs.size) giveBack(rest.jobs[next++])
        }
    }

    private suspend fun awaitSlot(atMost: Duration): Boolean {
        if (slots.tryAcquire()) return true
        if (atMost.isInfinite()) {
            slots.acquire()
            return true
        }
        var acquired = false
        // Its result may be null even if the slot was acquired, when the time is over at that moment.
        withTimeoutOrNull(atMost) {
            slots.acquire()
            acquired = true
        }
        return acquired
    }

    /** Jobs for which no slot was free when they were offered. */
    private class Rest(
        val jobs: List<RunningJob>,
        val since: TimeMark,
    )

    /** Gives back the jobs that wait for a slot or a thread. */
    fun releaseWaiting() {
        waiting.cancel()
        starters.takeBack().forEach(::giveBack)
        blockingStarters.takeBack().forEach(::giveBack)
    }

    private fun handOver(running: RunningJob) {
        val blocks = running.entrypoint.handler is Handler.Blocking
        (if (blocks) blockingStarters else starters).handOver(running)
    }

    private fun suspendingIn(scope: CoroutineScope): Starters<RunningJob> {
        val thread = scope.coroutineContext.handlerThread
        return Starters(scope) { running ->
            scope.launch(thread.withMdc(mdcOf(running)), CoroutineStart.UNDISPATCHED) {
                run(running, coroutineContext.job)
            }
            true
        }
    }

    private fun blockingIn(scope: CoroutineScope): Starters<RunningJob> {
        val thread = scope.coroutineContext.handlerThread
        val mayShare = HandlerThread.isAloneIn(scope.coroutineContext)
        return Starters(scope, { thread.withMdc(outerMdc) }) { running ->
            val context = currentCoroutineContext()
            val coroutine = context.job
            context.handlerThread.begin(mdcOf(running))
            run(running, coroutine)
            mayShare && running.leave() && coroutine.children.none() && coroutine.isActive
        }
    }

    /** Runs a job to its end, in [coroutine], which is the current one. */
    private suspend fun run(running: RunningJob, coroutine: Job) {
        running.startedAs(coroutine)
        keeper.stopIfOverdue(running)
        if (events.isObserved) {
            running.startedAt = time.markNow()
            events.send(WorkerEvent.JobStarted(events.worker, running.job))
        }
        val outcome = runner.run(running)
        slots.release()
        conclude(running, outcome)
    }

    /** Ends [running] with [outcome], or without one if its lease is gone. Does nothing if it has already ended. */
    fun conclude(running: RunningJob, outcome: Outcome?) {
        if (!running.end()) return
        // Add the outcome to the buffer before the run counts as ended: a shutdown closes the buffer after the last
        // run.
        if (outcome != null) {
            buffer.add(running, outcome)
        } else {
            registry.dropped(running)
            events.jobEnded(running, running.endWithoutOutcome)
        }
        registry.ended()
        wakeUps.freed()
    }

    /** Ends [running] before its handler has ended: gives the job back, unless it was canceled. */
    fun giveBack(running: RunningJob) {
        val outcome = if (running.isCanceled) Outcome.Canceled else Outcome.Released
        conclude(running, outcome.takeUnless { running.leaseGone })
    }

    private fun mdcOf(running: RunningJob): Map<String, String> {
        val fields = HashMap(outerMdc)
        fields["jobId"] = running.job.id.toString()
        fields["entrypoint"] = running.job.entrypoint
        return fields
    }
}
