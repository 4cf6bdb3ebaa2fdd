package io.pgqueuer

import kotlinx.serialization.KSerializer
import kotlinx.serialization.json.Json

/** Turns values into payloads and back. */
public interface PayloadCodec<T> {
    /** Returns the payload to store. What it throws is thrown by the enqueue. */
    public fun encode(value: T): ByteArray

    /**
     * Reads what [encode] wrote.
     *
     * If it throws (an [Error] too), only this job fails, and no policy retries it. An [OutOfMemoryError] is different:
     * the payload may be fine, so the policy may retry it.
     */
    public fun decode(payload: ByteArray): T

    public companion object {
        /**
         * The default [Json] of payloads. It ignores fields that the type does not have: during a rolling deploy, old
         * workers meet the payloads of new producers.
         */
        public val DEFAULT_JSON: Json = Json { ignoreUnknownKeys = true }

        /** JSON in UTF-8 by kotlinx.serialization; by default with [DEFAULT_JSON]. */
        public fun <T> json(serializer: KSerializer<T>, json: Json = DEFAULT_JSON): PayloadCodec<T> =
            object : PayloadCodec<T> {
                override fun encode(value: T) = json.encodeToString(serializer, value).encodeToByteArray()

                override fun decode(payload: ByteArray) = json.decodeFromString(serializer, payload.decodeToString())
            }
    }
}
