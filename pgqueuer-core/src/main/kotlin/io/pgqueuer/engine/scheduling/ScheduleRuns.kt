package io.pgqueuer.engine.scheduling

import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.Resources
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleContext
import io.pgqueuer.ScheduleId
import io.pgqueuer.ScheduleOutcome
import io.pgqueuer.StoreOperation
import io.pgqueuer.WorkerEvent
import io.pgqueuer.engine.calls.EngineContext
import io.pgqueuer.engine.calls.answeredWithin
import io.pgqueuer.engine.calls.attempt
import io.pgqueuer.engine.calls.untilAnswered
import io.pgqueuer.engine.leases.RenewalDeadline
import io.pgqueuer.engine.running.StrayCancellations
import io.pgqueuer.engine.running.log
import io.pgqueuer.engine.running.run
import io.pgqueuer.engine.threads.cancellations
import io.pgqueuer.engine.threads.handlerThread
import io.pgqueuer.failures.safeToString
import io.pgqueuer.port.ClaimedSchedule
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.slf4j.LoggerFactory
import org.slf4j.MDC
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Instant
import kotlin.time.TimeMark

/**
 * The runs of schedules that this worker holds. Each runs in its own coroutine. Renews their leases and writes their
 * ends.
 *
 * @param engine where leases are renewed and ends are written.
 * @param handlers where handlers run.
 */
internal class ScheduleRuns(
    private val context: EngineContext,
    private val backend: Backend,
    private val schedules: ServedSchedules,
    private val resources: Resources,
    private val engine: CoroutineScope,
    private val handlers: CoroutineScope,
) {
    private val repository = context.store.schedules
    private val runtime = context.runtime
    private val events = context.events
    private val options = context.options
    private val deadline = RenewalDeadline(options.heartbeatTimeout)
    private val running = ConcurrentHashMap<ScheduleId, ScheduleRun>()
    private val count = MutableStateFlow(0)
    private val strays = StrayCancellations(runtime.random)
    private val outerMdc = MDC.getCopyOfContextMap().orEmpty()

    val isEmpty: Boolean get() = count.value == 0

    fun start(claimed: ClaimedSchedule, claimedAt: TimeMark) {
        val run = ScheduleRun(claimed, schedules[claimed.schedule], claimedAt, runtime.cancellations)
        count.update { it + 1 }
        // The old lease expired and this worker did not notice.
        running.put(claimed.schedule.id, run)?.lose()
        startHandler(run)
        engine.launch { attend(run) }
    }

    suspend fun awaitNone() {
        count.first { it == 0 }
    }

    /** Tells the handlers that still run to stop. */
    fun giveBack() = running.values.forEach(ScheduleRun::giveBack)

    /** Stops waiting for handlers that ignore their cancellation. */
    fun abandon() = running.values.filterNot { it.end.isCompleted }.forEach { run ->
        log.warn("{} ignores its cancellation; it is given back while its handler runs on", run)
        run.abandon()
    }

    override fun toString(): String = running.values.toString()

    // ATOMIC: a run must end even if it is told to stop before its coroutine starts.
    @OptIn(DelicateCoroutinesApi::class, ExperimentalCoroutinesApi::class)
    private fun startHandler(run: ScheduleRun) {
        val mdc = outerMdc + ("schedule" to run.scheduled.name)
        val coroutine = handlers.launch(handlers.coroutineContext.handlerThread.withMdc(mdc), CoroutineStart.ATOMIC) {
            val failure = try {
                currentCoroutineContext().ensureActive()
                requireLive(run)
                run.startedAt = runtime.timeSource.markNow()
                events.sendIfObserved { WorkerEvent.ScheduleStarted(events.worker, run.claimed.schedule) }
                run.scheduled.handler.run(context(run), run.claimed.schedule, runtime.blocking)
                null
            } catch (e: Throwable) {
                e
            }
            failure?.let { tell(run, it) }
            run.ended(failure)
        }
        run.startedAs(coroutine)
    }

    /** Ends [run] if its lease may have expired before its handler starts: the answer of its claim was late. */
    private fun requireLive(run: ScheduleRun) {
        if (deadline.left(run.claimedAt).isPositive()) return
        log.warn("the lease of {} may have expired before its handler could start: it is not started", run)
        run.lose()
        throw CancellationException("$run was too late to start")
    }

    /** On the coroutine of the handler, where the failure's own code can harm only this run. */
    private fun tell(run: ScheduleRun, failure: Throwable) {
        if (run.stopReason != null || StrayCancellations.isStray(failure)) return
        log.log(options.failureSeverity, "$run failed; it runs again at its next time", failure)
    }

    private fun context(run: ScheduleRun) = object : ScheduleContext {
        override val backend: Backend get() = this@ScheduleRuns.backend
        override val resources: Resources get() = this@ScheduleRuns.resources
        override val schedule: Schedule get() = run.claimed.schedule
        override val dueAt: Instant get() = run.claimed.dueAt
    }

    private suspend fun attend(run: ScheduleRun) {
        val end = coroutineScope {
            val renewing = launch { renew(run) }
            val end = run.end.await()
            if (end is RunEnd.Strayed) rest(run, end.cancellation)
            renewing.cancel()
            end
        }
        conclude(run, end)
        running.remove(run.lease.scheduleId, run)
        count.update { it - 1 }
        context.wakeUps.schedules()
    }

    private suspend fun rest(run: ScheduleRun, cancellation: Throwable) {
        val rest = strays.restAfter(run.lease.scheduleId, cancellation)
        log.warn(
            "{} was cancelled by its own code, not by its worker. It is given back in {}. Do not let a " +
                "CancellationException of another scope leave the handler: {}",
            run,
            rest,
            cancellation.safeToString(),
        )
        withTimeoutOrNull(rest) { run.stopped.await() }
    }

    private suspend fun renew(run: ScheduleRun) {
        val backoff = context.backoff()
        var renewedAt = run.claimedAt
        fun left() = deadline.left(renewedAt)
        while (true) {
            // Sooner than an interval, if the answer of the claim was late.
            delay(deadline.untilRenewal(renewedAt))
            var asked = renewedAt
            val isHeld = events.untilAnswered(
                StoreOperation.RENEW_SCHEDULE,
                backoff,
                // Overdue: another worker may soon have the run.
                onFailure = { left().takeIf { it.isPositive() }?.coerceAtMost(deadline.interval) },
            ) {
                // The wait may have lasted until the deadline. The next try may hang, and must not delay the stop.
                val overdue = asked != renewedAt && !left().isPositive()
                asked = runtime.timeSource.markNow()
                !overdue && answeredWithin(deadline.bound(left()), "renew the lease of $run") {
                    repository.renew(run.lease)
                }
            }
            if (isHeld != true) return run.lose()
            renewedAt = asked
        }
    }

    private suspend fun conclude(run: ScheduleRun, end: RunEnd) {
        val written = when (end) {
            is RunEnd.Completed -> untilWritten(run) { repository.complete(run.lease) }
            is RunEnd.Released, is RunEnd.Strayed -> untilWritten(run) { repository.release(run.lease) }
            is RunEnd.Lost -> false
        }
        val failure = (end as? RunEnd.Completed)?.failure
        val outcome = when {
            !written -> ScheduleOutcome.LeaseLost
            end !is RunEnd.Completed -> ScheduleOutcome.Released
            failure == null -> ScheduleOutcome.Succeeded
            else -> ScheduleOutcome.Failed(failure)
        }
        events.send(WorkerEvent.ScheduleEnded(events.worker, run.claimed.schedule, outcome, run.ran))
    }

    private suspend fun untilWritten(run: ScheduleRun, write: suspend () -> Boolean): Boolean {
        var sent = false
        val written = events.untilAnswered(
            StoreOperation.SETTLE_SCHEDULE,
            context.backoff(),
            onFailure = {
                sent = true
                Duration.INFINITE
            },
        ) {
            answeredWithin(options.storeTimeout, "confirm the end of $run") { write() }
        }
        return written == true || (sent && wasWritten(run))
    }

    /** Whether an earlier try was written although its confirmation was lost: nobody has claimed the schedule since. */
    private suspend fun wasWritten(run: ScheduleRun): Boolean = attempt {
        repository.list().any {
            it.id == run.lease.scheduleId && it.leaseEpoch == run.lease.epoch && it.status == JobStatus.QUEUED
        }
    }.getOrDefault(false)

    private companion object {
        val log = LoggerFactory.getLogger(ScheduleRuns::class.java)
    }
}
