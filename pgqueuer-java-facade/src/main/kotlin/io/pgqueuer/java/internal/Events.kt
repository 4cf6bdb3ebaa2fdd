package io.pgqueuer.java.internal

import io.pgqueuer.java.FailureRecord
import io.pgqueuer.java.JobOutcome
import io.pgqueuer.java.ScheduleOutcome
import io.pgqueuer.java.StoreOperation
import io.pgqueuer.java.WorkerEvent
import io.pgqueuer.java.WorkerObserver
import java.util.Optional
import kotlin.time.toJavaDuration
import io.pgqueuer.JobOutcome as CoreJobOutcome
import io.pgqueuer.ScheduleOutcome as CoreScheduleOutcome
import io.pgqueuer.WorkerEvent as CoreWorkerEvent
import io.pgqueuer.WorkerObserver as CoreWorkerObserver

internal fun WorkerObserver.toCore() = CoreWorkerObserver { onEvent(it.toJava()) }

private fun CoreWorkerEvent.toJava(): WorkerEvent = when (this) {
    is CoreWorkerEvent.WorkerStarted -> JavaWorkerStarted(this)
    is CoreWorkerEvent.WorkerStopped -> JavaWorkerStopped(this)
    is CoreWorkerEvent.RunFailed -> JavaRunFailed(this)
    is CoreWorkerEvent.JobsClaimed -> JavaJobsClaimed(this)
    is CoreWorkerEvent.JobHeldByClaim -> JavaJobHeldByClaim(this)
    is CoreWorkerEvent.JobStarted -> JavaJobStarted(this)
    is CoreWorkerEvent.JobEnded -> JavaJobEnded(this)
    is CoreWorkerEvent.ScheduleStarted -> JavaScheduleStarted(this)
    is CoreWorkerEvent.ScheduleEnded -> JavaScheduleEnded(this)
    is CoreWorkerEvent.StoreFailed -> JavaStoreFailed(this)
    is CoreWorkerEvent.ListenerLost -> JavaListenerLost(this)
    is CoreWorkerEvent.ListenerReady -> JavaListenerReady(this)
    is CoreWorkerEvent.EventsDropped -> JavaEventsDropped(this)
}

internal fun CoreJobOutcome.toJava(): JobOutcome = when (this) {
    is CoreJobOutcome.Succeeded -> JavaSucceeded
    is CoreJobOutcome.Retried -> JavaRetried(this)
    is CoreJobOutcome.Failed -> JavaFailed(this)
    is CoreJobOutcome.Held -> JavaHeld(this)
    is CoreJobOutcome.Released -> JavaReleased
    is CoreJobOutcome.Canceled -> JavaCanceled
    is CoreJobOutcome.LeaseLost -> JavaLeaseLost
}

private fun CoreScheduleOutcome.toJava(): ScheduleOutcome = when (this) {
    is CoreScheduleOutcome.Succeeded -> JavaScheduleSucceeded
    is CoreScheduleOutcome.Failed -> JavaScheduleFailed(this)
    is CoreScheduleOutcome.Released -> JavaScheduleReleased
    is CoreScheduleOutcome.LeaseLost -> JavaScheduleLeaseLost
}

/** Returns the event of core behind this one, for observers of our own that are written for core. */
fun WorkerEvent.toCore(): CoreWorkerEvent = requireNotNull(this as? JavaEvent) {
    "the event ${this::class.java.name} is not of this library; pass on the events that a worker sends"
}.event

private abstract class JavaEvent(
    val event: CoreWorkerEvent,
) : WorkerEvent {
    override fun worker() = event.worker.value

    override fun toString() = event.toString()
}

private class JavaWorkerStarted(
    private val core: CoreWorkerEvent.WorkerStarted,
) : JavaEvent(core),
    WorkerEvent.WorkerStarted {
    override fun maxConcurrentTasks() = core.maxConcurrentTasks

    override fun activeJobs() = core.activeJobs
}

private class JavaWorkerStopped(
    core: CoreWorkerEvent.WorkerStopped,
) : JavaEvent(core),
    WorkerEvent.WorkerStopped

private class JavaRunFailed(
    private val core: CoreWorkerEvent.RunFailed,
) : JavaEvent(core),
    WorkerEvent.RunFailed {
    override fun cause() = core.cause

    override fun restartIn() = core.restartIn.toJavaDuration()
}

private class JavaJobsClaimed(
    private val core: CoreWorkerEvent.JobsClaimed,
) : JavaEvent(core),
    WorkerEvent.JobsClaimed {
    override fun jobs() = core.jobs.map { it.toJava() }
}

private class JavaJobHeldByClaim(
    private val core: CoreWorkerEvent.JobHeldByClaim,
) : JavaEvent(core),
    WorkerEvent.JobHeldByClaim {
    override fun jobId() = core.jobId.value

    override fun entrypoint() = core.entrypoint
}

private class JavaJobStarted(
    private val core: CoreWorkerEvent.JobStarted,
) : JavaEvent(core),
    WorkerEvent.JobStarted {
    override fun job() = core.job.toJava()
}

private class JavaJobEnded(
    private val core: CoreWorkerEvent.JobEnded,
) : JavaEvent(core),
    WorkerEvent.JobEnded {
    override fun job() = core.job.toJava()

    override fun outcome() = core.outcome.toJava()

    override fun ran() = core.ran.toJavaDuration()
}

private class JavaScheduleStarted(
    private val core: CoreWorkerEvent.ScheduleStarted,
) : JavaEvent(core),
    WorkerEvent.ScheduleStarted {
    override fun schedule() = core.schedule.toJava()
}

private class JavaScheduleEnded(
    private val core: CoreWorkerEvent.ScheduleEnded,
) : JavaEvent(core),
    WorkerEvent.ScheduleEnded {
    override fun schedule() = core.schedule.toJava()

    override fun outcome() = core.outcome.toJava()

    override fun ran() = core.ran.toJavaDuration()
}

private class JavaStoreFailed(
    private val core: CoreWorkerEvent.StoreFailed,
) : JavaEvent(core),
    WorkerEvent.StoreFailed {
    override fun operation() = StoreOperation.valueOf(core.operation.name)

    override fun cause() = core.cause

    override fun retryIn() = core.retryIn.toJavaDuration()
}

private class JavaListenerLost(
    private val core: CoreWorkerEvent.ListenerLost,
) : JavaEvent(core),
    WorkerEvent.ListenerLost {
    override fun cause() = core.cause
}

private class JavaListenerReady(
    core: CoreWorkerEvent.ListenerReady,
) : JavaEvent(core),
    WorkerEvent.ListenerReady

private class JavaEventsDropped(
    private val core: CoreWorkerEvent.EventsDropped,
) : JavaEvent(core),
    WorkerEvent.EventsDropped {
    override fun count() = core.count
}

private data object JavaSucceeded : JobOutcome.Succeeded

private data object JavaReleased : JobOutcome.Released

private data object JavaCanceled : JobOutcome.Canceled

private data object JavaLeaseLost : JobOutcome.LeaseLost

private class JavaRetried(
    private val core: CoreJobOutcome.Retried,
) : JobOutcome.Retried {
    override fun delay() = core.delay.toJavaDuration()

    override fun failure(): FailureRecord = core.failure.toJava()

    override fun exception(): Optional<Throwable> = Optional.ofNullable(core.exception)

    override fun toString() = "Retried(delay=${core.delay}, failure=${core.failure.type})"
}

private class JavaFailed(
    private val core: CoreJobOutcome.Failed,
) : JobOutcome.Failed {
    override fun failure(): FailureRecord = core.failure.toJava()

    override fun exception(): Optional<Throwable> = Optional.ofNullable(core.exception)

    override fun toString() = "Failed(failure=${core.failure.type})"
}

private class JavaHeld(
    private val core: CoreJobOutcome.Held,
) : JobOutcome.Held {
    override fun failure(): FailureRecord = core.failure.toJava()

    override fun exception(): Optional<Throwable> = Optional.ofNullable(core.exception)

    override fun toString() = "Held(failure=${core.failure.type})"
}

private data object JavaScheduleSucceeded : ScheduleOutcome.Succeeded

private data object JavaScheduleReleased : ScheduleOutcome.Released

private data object JavaScheduleLeaseLost : ScheduleOutcome.LeaseLost

private class JavaScheduleFailed(
    private val core: CoreScheduleOutcome.Failed,
) : ScheduleOutcome.Failed {
    override fun exception() = core.exception
}
