package io.pgqueuer.java;

/**
 * A queue that joins jobs which are enqueued one by one at the same time: one statement, one commit and one
 * notification for all of them. Made by {@link Backend#coalescingQueue()}.
 *
 * <p>A future completes once its own job is committed, as with any queue, and fails on its own: if one of the joined
 * jobs is a duplicate, only that one is refused. While a statement runs, further jobs gather for the next one. A job
 * that is alone waits only for its own statement.
 *
 * <p>A list of jobs that is enqueued by one call is a statement and a transaction of its own. So is what is enqueued on
 * a connection of the caller's.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface CoalescingQueue extends JobQueue, AutoCloseable {
    /** Accepts no more jobs. Those that were accepted are still stored. */
    @Override
    void close();
}
