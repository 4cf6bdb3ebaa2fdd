package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.exposed.internal.pause.IN_EFFECT
import io.pgqueuer.exposed.internal.pause.WHOLE_QUEUE
import io.pgqueuer.exposed.internal.schema.Names

/** The parts of a claim that leave paused entrypoints alone. */
internal class Paused(
    private val names: Names,
) {
    /** The common table expression `paused`, one row, which comes first. The table has few rows, or none. */
    fun found() = """
        |paused AS MATERIALIZED (
        |    SELECT coalesce(array_agg(entrypoint), '{}') AS entrypoints,
        |        coalesce(bool_or(entrypoint = '$WHOLE_QUEUE'), false) AS is_everything
        |    FROM ${names.pauses}
        |    WHERE $IN_EFFECT
        |)
    """.trimMargin()

    /** SQL of whether jobs of [entrypoint] may be claimed. For a parameter, it is decided once, before the scan. */
    fun isOpen(entrypoint: String) = "(SELECT NOT (is_everything OR $entrypoint = ANY (entrypoints)) FROM paused)"
}
