package io.pgqueuer.exposed.internal.schema

import io.pgqueuer.UpgradeStep

/**
 * One change that an upgrade makes, where it is needed.
 *
 * @property sql makes the change.
 * @property isNeeded whether a database needs it.
 * @param why comment lines that tell what it is for, and what it costs if that is much.
 * @param condition SQL that is true if the change is needed, for changes that must not be made twice.
 */
internal class Change(
    val sql: String,
    private val why: String = "",
    private val rewrites: Boolean = false,
    private val condition: String? = null,
    val isNeeded: (Catalog) -> Boolean,
) {
    /** SQL that makes the change only if it is needed. */
    val guarded: String = why + if (condition == null) {
        sql
    } else {
        "DO \$upgrade\$\nBEGIN\n    IF $condition THEN\n${sql.prependIndent(" ".repeat(DEPTH))}\n    END IF;\n" +
            "END\n\$upgrade\$;"
    }

    fun step() = UpgradeStep(why + sql, rewrites)

    private companion object {
        const val DEPTH = 8
    }
}
