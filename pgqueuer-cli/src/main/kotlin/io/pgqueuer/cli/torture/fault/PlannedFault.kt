package io.pgqueuer.cli.torture.fault

import io.pgqueuer.cli.torture.record.FaultKind
import kotlin.time.Duration

/**
 * A fault that shall happen.
 *
 * @property at when, since the workers are ready.
 * @property lasts how long: until a killed worker is replaced, a stopped one goes on, the server starts again,
 * notifications are back.
 * @property choice chooses what it hits.
 */
internal class PlannedFault(
    val at: Duration,
    val kind: FaultKind,
    val lasts: Duration,
    val choice: Int,
)
