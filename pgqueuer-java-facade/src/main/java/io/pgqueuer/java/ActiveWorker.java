package io.pgqueuer.java;

import java.time.Duration;
import java.util.UUID;

/**
 * A worker that holds jobs. Workers that hold none leave no trace in the store.
 *
 * @param id one run of a worker.
 * @param jobs how many jobs it holds.
 * @param heartbeatAge how long ago the least recently renewed of its leases was renewed.
 */
public record ActiveWorker(UUID id, long jobs, Duration heartbeatAge) {}
