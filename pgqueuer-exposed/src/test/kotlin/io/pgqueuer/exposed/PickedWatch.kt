package io.pgqueuer.exposed

import io.pgqueuer.test.PostgresDatabase

/**
 * Notes, at each commit that changed the queue, how many jobs of [entrypoint] were picked. Such commits go one after
 * the other while it watches, so that the count is that of the database, not of one transaction's view.
 */
internal fun PostgresDatabase.watchPicked(entrypoint: String) = execute(
    """
    CREATE TABLE watched (picked bigint);
    CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(4711);
        INSERT INTO watched SELECT count(*) FROM pgqueuer WHERE entrypoint = '$entrypoint' AND status = 'picked';
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER watch AFTER UPDATE ON pgqueuer DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION watch();
    """,
)

/** The highest number that was noted. */
internal fun PostgresDatabase.mostPicked(): Int = text("SELECT max(picked) FROM watched")!!.toInt()
