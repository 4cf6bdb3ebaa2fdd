package io.pgqueuer.cli.mcp

import io.modelcontextprotocol.kotlin.sdk.types.ToolAnnotations

/**
 * What a tool does to the queue, for assistants that ask their user before they change something.
 *
 * @property isDestructive whether something is lost.
 * @property isIdempotent whether a second call with the same arguments changes nothing more.
 */
internal enum class Effect(
    private val isDestructive: Boolean,
    private val isIdempotent: Boolean,
) {
    READS(isDestructive = false, isIdempotent = true),

    /** Starts or stops something. Another call does it again. */
    CHANGES(isDestructive = false, isIdempotent = false),

    /** Ends what another call can begin again. */
    ENDS(isDestructive = false, isIdempotent = true),

    DELETES(isDestructive = true, isIdempotent = true),
    ;

    val annotations: ToolAnnotations
        get() = ToolAnnotations(
            readOnlyHint = this == READS,
            destructiveHint = isDestructive,
            idempotentHint = isIdempotent,
            // Nothing but the queue is touched.
            openWorldHint = false,
        )
}
