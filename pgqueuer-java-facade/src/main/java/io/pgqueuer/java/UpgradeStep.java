package io.pgqueuer.java;

import java.util.Map;

/**
 * One step of an upgrade of the schema, or of a change of the queue's properties. Implemented by this library only;
 * methods may be added.
 */
public interface UpgradeStep {
    /** What it runs, with comments that tell what it is for. */
    String sql();

    /**
     * The strongest lock that it takes on each table that exists already, by the table's name. It is held until the
     * whole upgrade or change is done. Empty if the step locks no table.
     */
    Map<String, TableLock> locks();

    /** Whether it rewrites the tables that it locks. That takes long if they are large. */
    boolean rewrites();
}
