package io.pgqueuer.cli.schema

import io.pgqueuer.TableLock
import io.pgqueuer.TableSize
import io.pgqueuer.UpgradeStep
import io.pgqueuer.cli.look.Row
import io.pgqueuer.cli.sizeText
import kotlinx.serialization.json.JsonArray

/** Shows the steps of a plan, with the locks that they take and the [sizes] of the tables that they lock. */
internal class PlanText(
    sizes: List<TableSize>,
) {
    private val sizes = sizes.associateBy { it.table }

    /** SQL that psql runs, with everything else in comments. */
    fun sql(steps: List<UpgradeStep>): List<String> = if (steps.isEmpty()) {
        listOf("-- up to date")
    } else {
        val count = if (steps.size == 1) "1 step" else "${steps.size} steps"
        listOf("-- $count, in one transaction: each lock is held until the end.") +
            steps.map { step -> "\n" + (comments(step) + step.sql).joinToString("\n") }
    }

    private fun comments(step: UpgradeStep): List<String> = if (step.locks.isEmpty()) {
        listOf("-- locks no table")
    } else {
        step.locks.map { (table, lock) -> "-- locks $table: ${lock.label} (${blocked(lock)})${size(table)}" } +
            step.locks.keys.filter { step.rewrites }.map { "-- rewrites $it" }
    }

    private fun size(table: String) = sizes[table]?.let { ", ${sizeText(it)}" }.orEmpty()

    private fun blocked(lock: TableLock) = when {
        lock.blocksReads -> "blocks reads and writes"
        lock.blocksWrites -> "blocks writes"
        else -> "blocks neither reads nor writes"
    }

    /** One object for each step. */
    fun json(steps: List<UpgradeStep>): List<String> = steps.mapIndexed { index, step ->
        val tables = step.locks.map { (table, lock) ->
            val size = sizes[table]
            Row("table" to table, "lock" to lock.label, "rows" to size?.rows, "bytes" to size?.bytes).json()
        }
        Row("step" to index + 1, "sql" to step.sql, "rewrites" to step.rewrites, "tables" to JsonArray(tables))
            .json().toString()
    }
}
