package io.pgqueuer.java;

import java.time.Duration;
import java.util.Optional;

/**
 * What keeps the server from removing dead rows: rows that were deleted or changed after it began stay.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface OldestTransaction {
    /** What it is, and whose: an open transaction of a session, a prepared transaction, or a replication slot. */
    String holder();

    /** How long ago it began; empty if the server does not know, as for replication slots. */
    Optional<Duration> age();

    /** How many transactions have begun since. */
    long transactions();
}
