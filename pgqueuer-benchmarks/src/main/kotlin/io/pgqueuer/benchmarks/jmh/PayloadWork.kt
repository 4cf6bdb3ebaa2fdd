package io.pgqueuer.benchmarks.jmh

import io.pgqueuer.JobType
import io.pgqueuer.jobType
import kotlinx.serialization.Serializable

/** Payloads of a [JobType] with its default codec, which is JSON. */
class PayloadWork {
    private val codec = jobType<Receipt>("send_receipt").codec
    private val receipt = Receipt(orderId = 42, email = "ann@example.org")
    private val payload = codec.encode(receipt)

    fun encode(): ByteArray = codec.encode(receipt)

    fun decode(): Any = codec.decode(payload)

    @Serializable
    private data class Receipt(
        val orderId: Long,
        val email: String,
    )
}
