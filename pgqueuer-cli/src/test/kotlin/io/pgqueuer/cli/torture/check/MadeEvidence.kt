package io.pgqueuer.cli.torture.check

import io.pgqueuer.JobStatus
import io.pgqueuer.cli.torture.record.Confirmation
import io.pgqueuer.cli.torture.record.Ending
import io.pgqueuer.cli.torture.record.Fault
import io.pgqueuer.cli.torture.record.FaultKind
import io.pgqueuer.cli.torture.record.HandlerRun
import io.pgqueuer.cli.torture.record.LogRow
import io.pgqueuer.cli.torture.record.Outcome
import io.pgqueuer.cli.torture.record.Pause
import io.pgqueuer.cli.torture.record.RunKey
import io.pgqueuer.cli.torture.record.Tables
import io.pgqueuer.cli.torture.record.Told
import io.pgqueuer.cli.torture.record.WorkerRecord
import io.pgqueuer.cli.torture.record.micros
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Makes evidence up. Times are seconds since the torture began. A claim is logged a millisecond after its epoch. */
internal class MadeEvidence {
    private val log = mutableListOf<LogRow>()
    private val queue = mutableMapOf<Long, JobStatus>()
    private val runs = mutableListOf<HandlerRun<RunKey>>()
    private val pauses = mutableListOf<Pause>()
    private val faults = mutableListOf<Fault>()
    private val settled = mutableMapOf<RunKey, Confirmation>()
    val told = Told()

    fun at(seconds: Double): Instant = BEGIN + seconds.seconds

    /** Logs that the job [id] became [status]. */
    fun logged(
        id: Long,
        at: Double,
        status: JobStatus,
        failure: String? = null,
        type: String = "X",
        on: String = "free",
    ) {
        log += LogRow(log.size + 1L, id, at(at), status, on, failure?.let { LogRow.Failure(type, it) })
    }

    /** The queue confirmed that it has the job [id]. */
    fun enqueued(id: Long, at: Double, on: String = "free") {
        told.enqueued(id)
        logged(id, at, JobStatus.QUEUED, on = on)
    }

    /** The job [id] was claimed, and its handler ran at once in [process]. Without [ending], its process died. */
    fun ran(
        id: Long,
        from: Double,
        to: Double,
        ending: Ending? = Ending.RETURNED,
        process: Int = 1,
        on: String = "free",
        isLogged: Boolean = true,
        outcome: Outcome? = null,
        confirmedAfter: Double = 0.2,
    ) {
        val key = RunKey.Job(id, at(from - 0.001).micros, on)
        if (isLogged) logged(id, from, JobStatus.PICKED, on = on)
        runs += HandlerRun(process, key, at(from), at(to), ending)
        outcome?.let { settled[key] = Confirmation(it, at(to + confirmedAfter)) }
    }

    fun scheduleRan(from: Double, to: Double, process: Int = 1) {
        runs += HandlerRun(process, RunKey.Schedule(at(from).micros), at(from), at(to), Ending.RETURNED)
    }

    fun left(id: Long, status: JobStatus) {
        queue[id] = status
    }

    fun fault(kind: FaultKind, from: Double, to: Double = from, vararg processes: Int = intArrayOf()) {
        faults += Fault(kind, processes.toSet(), at(from), at(to))
    }

    fun paused(from: Double, to: Double, process: Int = 1) {
        pauses += Pause(process, at(from), at(to))
    }

    fun verdict(): Verdict = check(
        Evidence(
            Tables(log, queue),
            listOf(WorkerRecord(process = 0, isReady = true, runs, pauses, settled)),
            faults,
            told,
            Rules(limits = mapOf("three" to 3, "one" to 1), leaseTimeout = 4.seconds, maxRescues = 3),
        ),
    )

    companion object {
        private val BEGIN = Instant.fromEpochSeconds(1_800_000_000)

        /** The verdict on evidence to which [add] adds. Without it, no rule is broken: the schedule has run once. */
        fun verdict(add: MadeEvidence.() -> Unit): Verdict = MadeEvidence().apply {
            scheduleRan(from = 0.0, to = 0.1)
            add()
        }.verdict()
    }
}
