package io.pgqueuer.exposed.internal.table

/** The settings that all users of the queue share, and can change without owning its tables. */
internal object SettingsTable : Table() {
    val key = declare(TextColumn("key", "text PRIMARY KEY"))
    val value = declare(JsonColumn("value", "jsonb NOT NULL"))
    val updated = declare(TimeColumn("updated", "timestamptz NOT NULL DEFAULT now()"))
}
