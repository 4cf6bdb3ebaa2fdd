package io.pgqueuer.cli.torture.check

import io.pgqueuer.cli.torture.record.Fault
import io.pgqueuer.cli.torture.record.FaultKind
import io.pgqueuer.cli.torture.record.Pause
import kotlin.time.Instant

/** Tells what happened to a process or to the server in some span of time. */
internal class Circumstances(
    faults: List<Fault>,
    pauses: List<Pause>,
) {
    private val crashes = faults.filter { it.kind == FaultKind.CRASH }
    private val hits: Map<Int, List<Fault>> =
        faults.flatMap { fault -> fault.processes.map { it to fault } }.groupBy({ it.first }, { it.second })
    private val pauses: Map<Int, List<Pause>> = pauses.groupBy { it.process }

    /** The first crash of the server that happened between two moments. */
    fun crashBetween(from: Instant, to: Instant): Fault? = crashes.find { it.from in from..to }

    /** Whether the server was down for a part of this time at least. */
    fun wasServerDown(from: Instant, to: Instant): Boolean = crashes.any { it.from <= to && it.to >= from }

    fun wasHit(process: Int, kind: FaultKind, from: Instant, to: Instant): Boolean =
        hits[process].orEmpty().any { it.kind == kind && it.from <= to && it.to >= from }

    fun wasPaused(process: Int, from: Instant, to: Instant): Boolean =
        pauses[process].orEmpty().any { it.from <= to && it.to >= from }

    /** When the last server that crashed in this time answered again; [from] if none did. */
    fun serverBackAt(from: Instant, to: Instant): Instant =
        crashes.filter { it.from <= to && it.to >= from }.maxOfOrNull { it.to } ?: from

    /** When the last pause ended that the process had to make in this time, whoever made it; [from] if it made none. */
    fun runningSince(process: Int, from: Instant, to: Instant): Instant {
        val stops = hits[process].orEmpty().filter { it.kind == FaultKind.STOP }.map { it.from to it.to }
        val own = pauses[process].orEmpty().map { it.from to it.to }
        val ends = (stops + own).filter { (begin, end) -> begin <= to && end >= from }.map { it.second }
        return maxOf(from, ends.maxOrNull() ?: from)
    }
}
