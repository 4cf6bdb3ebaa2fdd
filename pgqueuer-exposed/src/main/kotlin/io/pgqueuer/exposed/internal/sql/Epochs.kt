package io.pgqueuer.exposed.internal.sql

/**
 * SQL of the epoch of the next lease on the row [alias]: the microseconds since 1970, or one more than the last epoch if
 * that is higher.
 *
 * Counting alone would not do: claims commit asynchronously, so that a crash of the server can undo one whose job runs
 * already, and the next run would get the same epoch. The clock is read once for each statement. An epoch at the end of
 * its range stays there.
 */
internal fun nextEpoch(alias: String) = "greatest(least($alias.lease_epoch, ${Long.MAX_VALUE} - 1) + 1, " +
    "(SELECT (1000000 * extract(epoch FROM clock_timestamp()))::bigint))"
