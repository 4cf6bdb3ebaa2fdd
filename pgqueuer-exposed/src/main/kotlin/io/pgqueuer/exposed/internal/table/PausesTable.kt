package io.pgqueuer.exposed.internal.table

/** What is paused: one row for each paused entrypoint. An empty name stands for the whole queue. */
internal object PausesTable : Table() {
    val entrypoint = declare(TextColumn("entrypoint", "text PRIMARY KEY"))
    val since = declare(TimeColumn("since", "timestamptz NOT NULL DEFAULT now()"))

    /** When the pause ends by itself; null if it does not. */
    val until = declare(TimeColumn("until", "timestamptz"))
    val reason = declare(TextColumn("reason", "text"))
}
