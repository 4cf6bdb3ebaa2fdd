package io.pgqueuer.exposed.internal.table

/** The concurrency limits that workers have declared: one row for each limited entrypoint. */
internal object LimitsTable : Table() {
    val entrypoint = declare(TextColumn("entrypoint", "text PRIMARY KEY"))
    val concurrencyLimit = declare(IntColumn("concurrency_limit", "int NOT NULL"))
    val declared = declare(TimeColumn("declared", "timestamptz NOT NULL DEFAULT now()"))
}
