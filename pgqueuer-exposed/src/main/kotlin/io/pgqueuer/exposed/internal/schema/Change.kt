package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.TableLock
import io.pgqueuer.UpgradeStep

/**
 * One change that an upgrade makes.
 *
 * @property sql makes it in any database, only if it is needed, and can be run again.
 * @property steps returns what a database needs of it; empty if it needs nothing.
 */
internal class Change(
    val sql: String,
    val steps: (Catalog) -> List<UpgradeStep>,
) {
    companion object {
        private const val DEPTH = 8

        /**
         * A change that is one step.
         *
         * @param sql makes the change.
         * @param why comment lines that tell what it is for, and what it costs if that is much.
         * @param condition SQL that is true if the change is needed, for changes that must not be made twice.
         * @param isNeeded whether a database needs it.
         */
        fun of(
            sql: String,
            why: String = "",
            locks: Map<String, TableLock> = emptyMap(),
            rewrites: Boolean = false,
            condition: String? = null,
            isNeeded: (Catalog) -> Boolean,
        ) = Change(why + (if (condition == null) sql else guarded(sql, condition))) { catalog ->
            if (isNeeded(catalog)) listOf(UpgradeStep(why + sql, locks, rewrites)) else emptyList()
        }

        private fun guarded(sql: String, condition: String) =
            "DO \$upgrade\$\nBEGIN\n    IF $condition THEN\n${sql.prependIndent(" ".repeat(DEPTH))}\n    END IF;\n" +
                "END\n\$upgrade\$;"
    }
}
