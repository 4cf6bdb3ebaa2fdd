package io.pgqueuer.java;

import java.time.Duration;
import java.util.UUID;

/**
 * A worker that holds jobs. A worker that holds none leaves no trace in the store.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface ActiveWorker {
    /** Identifies one run of a worker. */
    UUID id();

    /** How many jobs it holds. */
    long jobs();

    /** The time since the oldest last renewal among its leases. */
    Duration heartbeatAge();

    /** Whether it is a worker of Python's PgQueuer. Its leases tell: Python's claims give no epoch. */
    boolean isPython();
}
