package io.pgqueuer.java;

/** What an application does about the queue's tables and other objects when it starts; see {@link SchemaManager#prepare}. */
public enum SchemaMode {
    /** Nothing: a worker fails when it starts if something is missing. */
    NONE,

    /** Checks that all is there and as expected, and changes nothing. */
    VALIDATE,

    /** Installs what is needed if nothing is there; otherwise checks. */
    INSTALL,

    /**
     * Installs what is needed if nothing is there; otherwise upgrades what an older version, or Python PgQueuer, has
     * installed. An upgrade locks tables, and rewrites some: if yours are large, run {@code pgq upgrade} yourself.
     */
    UPGRADE
}
