package io.pgqueuer.exposed.internal.table

/** The log: one row for each step in the life of a job. */
internal object LogTable : Table() {
    val id = declare(LongColumn("id", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"))
    val created = declare(TimeColumn("created", "timestamptz NOT NULL DEFAULT now()"))
    val jobId = declare(LongColumn("job_id", "bigint NOT NULL"))
    val status = declare(StatusColumn("status", "NOT NULL"))
    val priority = declare(IntColumn("priority", "int NOT NULL"))
    val entrypoint = declare(TextColumn("entrypoint", "text NOT NULL"))
    val traceback = declare(JsonColumn("traceback", "jsonb"))
    val aggregated = declare(BooleanColumn("aggregated", "boolean DEFAULT false"))
}

/** The statistics: how many log rows there were, by second, status, entrypoint and priority. */
internal object StatisticsTable : Table() {
    val id = declare(LongColumn("id", "bigserial PRIMARY KEY"))
    val created = declare(
        TimeColumn("created", "timestamptz NOT NULL DEFAULT date_trunc('sec', now() AT TIME ZONE 'UTC')"),
    )
    val count = declare(LongColumn("count", "bigint NOT NULL"))
    val priority = declare(IntColumn("priority", "int NOT NULL"))
    val status = declare(StatusColumn("status", "NOT NULL"))
    val entrypoint = declare(TextColumn("entrypoint", "text NOT NULL"))
}
