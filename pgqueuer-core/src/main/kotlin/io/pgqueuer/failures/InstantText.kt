package io.pgqueuer.failures

import kotlinx.serialization.KSerializer
import kotlinx.serialization.descriptors.PrimitiveKind
import kotlinx.serialization.descriptors.PrimitiveSerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder
import kotlin.time.Instant

/** Writes an instant as ISO 8601 text. kotlinx.serialization has this only from 1.9 on. */
internal object InstantText : KSerializer<Instant> {
    override val descriptor = PrimitiveSerialDescriptor("io.pgqueuer.Instant", PrimitiveKind.STRING)

    override fun serialize(encoder: Encoder, value: Instant) = encoder.encodeString(value.toString())

    override fun deserialize(decoder: Decoder): Instant = Instant.parse(decoder.decodeString())
}
