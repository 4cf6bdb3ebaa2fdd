package io.pgqueuer

import kotlinx.serialization.KSerializer
import kotlinx.serialization.json.Json

/** Turns values into payloads and back. */
public interface PayloadCodec<T> {
    public fun encode(value: T): ByteArray

    /**
     * Reads what [encode] wrote.
     *
     * What it throws, an [Error] too, fails its own job only, without a retry by policy. An [OutOfMemoryError] says
     * nothing of the payload: the policy may retry it.
     */
    public fun decode(payload: ByteArray): T

    public companion object {
        /** JSON in UTF-8 by kotlinx.serialization. */
        public fun <T> json(serializer: KSerializer<T>, json: Json = Json): PayloadCodec<T> = object : PayloadCodec<T> {
            override fun encode(value: T) = json.encodeToString(serializer, value).encodeToByteArray()

            override fun decode(payload: ByteArray) = json.decodeFromString(serializer, payload.decodeToString())
        }
    }
}
