package io.pgqueuer.engine

import io.pgqueuer.domain.Outcome
import io.pgqueuer.domain.WorkerId
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.slf4j.MDCContext
import kotlinx.coroutines.sync.Semaphore
import org.slf4j.LoggerFactory
import org.slf4j.MDC

/** Takes claimed jobs in order and runs each in a coroutine of its own, so many at once as there are slots. */
internal class Consumers(
    worker: WorkerId,
    private val handlers: CoroutineScope,
    private val runner: JobRunner,
    private val registry: LeaseRegistry,
    private val buffer: StatusLogBuffer,
    private val tally: Tally,
    private val wakeUps: WakeUps,
    private val cancellations: Cancellations,
    maxConcurrentTasks: Int,
) {
    private val slots = Semaphore(maxConcurrentTasks)
    private val waiting = Channel<List<RunningJob>>(Channel.UNLIMITED) { unstarted ->
        unstarted.forEach { conclude(it, Outcome.Released) }
    }
    private val starters = Starters(handlers, ::start)
    private val outerMdc = MDC.getCopyOfContextMap().orEmpty() + ("workerId" to worker.toString())

    /** Takes over [batch] as one: a hand-over between threads costs as much as a short handler. */
    fun offer(batch: List<RunningJob>) {
        // It is closed only after the last claim. If it were not, the jobs go back.
        if (waiting.trySend(batch).isFailure) batch.forEach { conclude(it, Outcome.Released) }
    }

    suspend fun run() {
        for (batch in waiting) startAll(batch)
    }

    /** Starts each of [batch] once there is a slot for it; gives back those that have not had one when it is cancelled. */
    private suspend fun startAll(batch: List<RunningJob>) {
        var next = 0
        try {
            while (next < batch.size) {
                slots.acquire()
                starters.handOver(batch[next++])
            }
        } finally {
            while (next < batch.size) conclude(batch[next++], Outcome.Released)
        }
    }

    /** Gives back the jobs that wait for a slot, or for a thread. */
    fun releaseWaiting() {
        waiting.cancel()
        starters.takeBack().forEach { conclude(it, Outcome.Released) }
    }

    private fun start(running: RunningJob) {
        handlers.launch(mdcOf(running), CoroutineStart.UNDISPATCHED) {
            running.startedAs(coroutineContext.job, cancellations)
            val outcome = runner.run(running)
            slots.release()
            conclude(running, outcome)
        }
    }

    /** Ends [running] with [outcome], or with none where its lease is gone. Without effect when it was ended before. */
    fun conclude(running: RunningJob, outcome: Outcome?) {
        if (!running.end()) return
        // The outcome is in the buffer before its run counts as ended: a shutdown closes the buffer after the last run.
        if (outcome != null) {
            buffer.add(running, outcome)
        } else {
            registry.dropped(running)
            running.onSettled?.invoke(null)
            if (running.stopReason is StopReason.Canceled) tally.canceled() else leaseLost(running)
        }
        registry.ended()
        wakeUps.freed()
    }

    private fun leaseLost(running: RunningJob) {
        log.warn("{} lost its lease while it ran; nothing is written for it", running)
        tally.leaseLost()
    }

    private fun mdcOf(running: RunningJob): MDCContext {
        val fields = HashMap(outerMdc)
        fields["jobId"] = running.job.id.toString()
        fields["entrypoint"] = running.job.entrypoint
        return MDCContext(fields)
    }

    private companion object {
        val log = LoggerFactory.getLogger(Consumers::class.java)
    }
}
