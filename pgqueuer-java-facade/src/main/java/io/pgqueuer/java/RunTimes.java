package io.pgqueuer.java;

import java.time.Duration;

/**
 * How long the runs of one entrypoint took that ended or were held within a window of time: from the claim until the
 * outcome was written. Percentiles are by nearest rank: times that runs really took.
 *
 * @param entrypoint the entrypoint.
 * @param count how many runs.
 * @param p50 the time that half of them did not exceed.
 * @param p95 the time that 95 % of them did not exceed.
 * @param p99 the time that 99 % of them did not exceed.
 */
public record RunTimes(String entrypoint, long count, Duration p50, Duration p95, Duration p99) {}
