package io.pgqueuer.cli.torture.soak

import io.pgqueuer.JobStatus

/**
 * What came out of a soak.
 *
 * @property enqueued how many enqueues were confirmed.
 * @property ends how many jobs ended in which way, as the statistics have counted.
 */
internal class SoakResult(
    val findings: List<Finding>,
    val enqueued: Long,
    val ends: Map<JobStatus, Long>,
    private val troubles: List<String>,
) {
    val ended: Long = ends.values.sum()

    /** What is wrong; empty if nothing is. */
    val faults: List<String> get() = troubles +
        listOfNotNull("$enqueued jobs were enqueued, and $ended ended".takeIf { enqueued != ended }) +
        findings.filter { it.verdict.isBad }.map(::fault)
}
