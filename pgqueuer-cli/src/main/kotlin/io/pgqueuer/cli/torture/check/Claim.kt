package io.pgqueuer.cli.torture.check

import io.pgqueuer.JobStatus
import io.pgqueuer.PoisonJobException
import io.pgqueuer.cli.torture.record.Fault
import io.pgqueuer.cli.torture.record.LogRow
import kotlin.time.Instant

/**
 * One claim of a job: what the log says of it, and the run that followed.
 *
 * @property pick its row in the log; null if the log has none.
 * @property next the job's next row in the log.
 * @property run the run of the handler; null if the claim was given back or lost before one began.
 * @property undoneBy the crash of the server that undid the claim: claims are committed without waiting for the disk.
 */
internal class Claim(
    val pick: LogRow?,
    val next: LogRow?,
    val run: JobRun?,
    val undoneBy: Fault? = null,
) {
    /** When somebody else could have the job, although no outcome was written under this claim; null if never. */
    val lostAt: Instant? get() = undoneBy?.to ?: next?.takeUnless { it.isOutcome }?.created

    /** When the job was given back, and had not failed; null if it was not. */
    val releasedAt: Instant? get() = next?.takeIf { it.status == JobStatus.QUEUED && it.failure == null }?.created

    /** Until when the claim took a slot of a limited entrypoint; null if to the end. */
    val slotUntil: Instant? get() = undoneBy?.from ?: next?.created
}

/** Whether the row, which follows a claim, is its outcome. Otherwise the lease of the claim had expired. */
internal val LogRow.isOutcome: Boolean get() = status != JobStatus.PICKED && !isPoison

/** Whether a claim has held the job, because its lease had expired too often. */
internal val LogRow.isPoison: Boolean get() = status == JobStatus.HELD && failure?.type == POISON

private val POISON: String = PoisonJobException::class.java.name
