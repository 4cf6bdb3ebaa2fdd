package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.Durability
import io.pgqueuer.LogLevel
import io.pgqueuer.QueueProperties
import io.pgqueuer.TableLock
import io.pgqueuer.UpgradeStep

/** Changes the properties of a queue: the persistence of its tables, the function of the log level, the trigger. */
internal class PropertyChanges(
    private val names: Names,
) {
    private val logLevel = LogLevelFunction(names)

    private val jobs =
        with(names) {
            listOf(queueTable to queue, schedulesTable to schedules, pausesTable to pauses, limitsTable to limits)
        }
    private val history = with(names) { listOf(logTable to log, statisticsTable to statistics) }

    /** Changes the durability of all tables. */
    fun durability(durability: Durability): String =
        persistence(durability).joinToString("\n") { (table, isLogged) -> set(table.second, isLogged) }

    fun logLevel(level: LogLevel): String = logLevel.create(level)

    fun notifications(on: Boolean): String =
        "ALTER TABLE ${names.queue} ${if (on) "ENABLE" else "DISABLE"} TRIGGER ${names.trigger};"

    /** The steps that a queue with the properties [before], and with [catalog], needs to have the properties [after]. */
    fun steps(catalog: Catalog, before: QueueProperties, after: QueueProperties): List<UpgradeStep> = buildList {
        for ((table, isLogged) in persistence(after.durability)) {
            val (name, qualified) = table
            if ((catalog[SchemaObject("table", name)] != UNLOGGED) != isLogged) {
                val why = "-- This rewrites the table. Nobody can read or write it until that is done.\n"
                val locks = mapOf(name to TableLock.ACCESS_EXCLUSIVE)
                add(UpgradeStep(why + set(qualified, isLogged), locks, rewrites = true))
            }
        }
        if (after.logLevel != before.logLevel) add(UpgradeStep(logLevel(after.logLevel)))
        if (after.notifications != before.notifications) {
            val locks = mapOf(names.queueTable to TableLock.SHARE_ROW_EXCLUSIVE)
            add(UpgradeStep(notifications(after.notifications), locks))
        }
    }

    /** Whether each table is logged. */
    private fun persistence(durability: Durability) =
        jobs.map { it to durability.keepsJobs } + history.map { it to durability.keepsHistory }

    private fun set(qualified: String, isLogged: Boolean) =
        "ALTER TABLE $qualified SET ${if (isLogged) "LOGGED" else "UNLOGGED"};"

    companion object {
        /** `pg_class.relpersistence` of an unlogged table. */
        private const val UNLOGGED = "u"

        val Durability.keepsJobs get() = this != Durability.VOLATILE
        val Durability.keepsHistory get() = this == Durability.DURABLE
    }
}
