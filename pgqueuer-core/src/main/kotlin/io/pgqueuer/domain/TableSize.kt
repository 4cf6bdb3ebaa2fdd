package io.pgqueuer.domain

/**
 * How large one table of the queue is.
 *
 * @property rows how many rows it has; an estimate on PostgreSQL.
 * @property deadRows how many dead rows wait for a vacuum; an estimate.
 * @property bytes what it takes with its indexes; null where the store cannot tell.
 */
public data class TableSize(
    val table: String,
    val rows: Long,
    val deadRows: Long,
    val bytes: Long?,
)
