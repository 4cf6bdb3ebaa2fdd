package io.pgqueuer.java;

/** One step of an upgrade of the schema. Implemented by this library only; methods may be added. */
public interface UpgradeStep {
    /** What it runs, with comments that tell what it is for. */
    String sql();

    /** Whether it rewrites a table. Nobody can read or write the table until that is done. */
    boolean rewrites();
}
