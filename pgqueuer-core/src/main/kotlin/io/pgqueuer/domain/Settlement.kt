package io.pgqueuer.domain

/** What is to become of the job under [lease]; written only while that lease is live. */
public data class Settlement(
    val lease: Lease,
    val outcome: Outcome,
)
