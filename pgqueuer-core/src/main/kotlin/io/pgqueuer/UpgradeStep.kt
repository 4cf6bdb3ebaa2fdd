package io.pgqueuer

/**
 * One step of an upgrade of the schema, or of a change of the queue's properties.
 *
 * @property sql what it runs, with comments that tell what it is for.
 * @property locks the strongest lock that it takes on each table that exists already, by the table's name. It is held
 * until the whole upgrade or change is done. Empty if the step locks no table.
 * @property rewrites whether it rewrites the tables that it locks. That takes long if they are large.
 */
public class UpgradeStep(
    public val sql: String,
    public val locks: Map<String, TableLock> = emptyMap(),
    public val rewrites: Boolean = false,
) {
    override fun toString(): String = sql
}
