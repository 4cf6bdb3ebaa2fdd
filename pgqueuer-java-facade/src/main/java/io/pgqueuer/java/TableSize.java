package io.pgqueuer.java;

import java.util.OptionalLong;

/** The size of one table of the queue. Implemented by this library only; methods may be added. */
public interface TableSize {
    /** The table's name. */
    String table();

    /** How many rows it has; an estimate on PostgreSQL. */
    long rows();

    /** How many dead rows wait for a vacuum; an estimate. */
    long deadRows();

    /** How many bytes the table takes, with its indexes; empty if the store cannot tell. */
    OptionalLong bytes();

    /** How many bytes its indexes take alone; empty if the store cannot tell. */
    OptionalLong indexBytes();
}
