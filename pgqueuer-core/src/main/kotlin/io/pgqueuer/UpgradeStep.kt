package io.pgqueuer

/**
 * One step of an upgrade of the schema.
 *
 * @property sql what it runs, with comments that tell what it is for.
 * @property rewrites whether it rewrites a table. Nobody can read or write the table until that is done.
 */
public class UpgradeStep(
    public val sql: String,
    public val rewrites: Boolean,
) {
    override fun toString(): String = sql
}
