package io.pgqueuer.engine

import io.pgqueuer.Resources
import io.pgqueuer.engine.schedule.Schedules

/** All that a worker was registered with. */
internal class Registrations(
    val entrypoints: Entrypoints,
    val schedules: Schedules,
    val resources: Resources,
)
