package io.pgqueuer.java;

import java.util.OptionalLong;

/**
 * How large one table of the queue is.
 *
 * @param table the table's name.
 * @param rows how many rows it has; an estimate on PostgreSQL.
 * @param deadRows how many dead rows wait for a vacuum; an estimate.
 * @param bytes what it takes with its indexes; empty where the store cannot tell.
 */
public record TableSize(String table, long rows, long deadRows, OptionalLong bytes) {}
