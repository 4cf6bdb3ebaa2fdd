package io.pgqueuer.cli.look

import io.pgqueuer.cli.bytesText

/** A size: short for people, exact for programs. */
@JvmInline
internal value class Bytes(
    val count: Long,
) {
    override fun toString(): String = bytesText(count)
}
