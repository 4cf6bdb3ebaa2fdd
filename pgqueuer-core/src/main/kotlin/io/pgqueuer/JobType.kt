package io.pgqueuer

import kotlinx.serialization.json.Json
import kotlinx.serialization.serializer

/**
 * An entrypoint whose payloads are values of [T]: `val SendReceipt = jobType<Receipt>("send_receipt")`.
 *
 * Producers and workers share it.
 */
public class JobType<T>(
    public val entrypoint: String,
    public val codec: PayloadCodec<T>,
) {
    /** Makes a job of this type to enqueue, with the options that [configure] sets. */
    public fun newJob(value: T, configure: NewJob.() -> Unit = {}): NewJob =
        NewJob(entrypoint, codec.encode(value), configure)
}

/**
 * Makes a [JobType] whose values are stored as JSON, by kotlinx.serialization. By default, fields that [T] does not have
 * are ignored; see [PayloadCodec.DEFAULT_JSON].
 */
public inline fun <reified T> jobType(entrypoint: String, json: Json = PayloadCodec.DEFAULT_JSON): JobType<T> =
    JobType(entrypoint, PayloadCodec.json(serializer<T>(), json))
