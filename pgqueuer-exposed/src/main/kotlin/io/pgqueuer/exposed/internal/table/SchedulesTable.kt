package io.pgqueuer.exposed.internal.table

/** The schedules: one row for each pair of entrypoint (the schedule's name) and expression. */
internal object SchedulesTable : Table() {
    val id = declare(LongColumn("id", "bigserial PRIMARY KEY"))
    val expression = declare(TextColumn("expression", "text NOT NULL"))
    val entrypoint = declare(TextColumn("entrypoint", "text NOT NULL"))
    val heartbeat = declare(TimeColumn("heartbeat", "timestamptz NOT NULL DEFAULT now()"))
    val created = declare(TimeColumn("created", "timestamptz NOT NULL DEFAULT now()"))
    val updated = declare(TimeColumn("updated", "timestamptz NOT NULL DEFAULT now()"))
    val nextRun = declare(TimeColumn("next_run", "timestamptz NOT NULL DEFAULT now()"))
    val lastRun = declare(TimeColumn("last_run", "timestamptz"))

    /** NULL, which Python's schema allows, means the same as the default. */
    val status = declare(StatusColumn("status", "DEFAULT 'queued'", orElse = "queued"))
    val leaseEpoch = declare(LongColumn("lease_epoch", "bigint NOT NULL DEFAULT 0", isAdded = true))

    /** The name of the time zone of the expression. Python evaluates every expression in UTC. */
    val zone = declare(TextColumn("zone", "text NOT NULL DEFAULT 'UTC'", isAdded = true))

    /** Since when the schedule is paused; NULL if it is not. Meanwhile [nextRun] is far away, as Python knows only that. */
    val pausedAt = declare(TimeColumn("paused_at", "timestamptz", isAdded = true))
}
