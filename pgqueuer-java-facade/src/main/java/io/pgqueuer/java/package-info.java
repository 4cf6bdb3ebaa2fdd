/**
 * PgQueuer for Java: a job queue in PostgreSQL, or in memory.
 *
 * <p>Start at {@link io.pgqueuer.java.PgQueuerClient}. Ids of jobs and schedules are {@code long}s; times are
 * {@code java.time}; what may take a while returns a {@link java.util.concurrent.CompletableFuture}.
 *
 * <h2>Futures</h2>
 *
 * <p>A future fails with the exception itself: {@code get()} throws an {@link java.util.concurrent.ExecutionException}
 * whose cause is, for example, the {@link io.pgqueuer.DuplicateJobException}. Cancelling a future cancels the
 * work behind it; an enqueue or the like that is cancelled may or may not have taken effect. As always with
 * {@code CompletableFuture}, cancelling what {@code thenApply} returned cancels that alone. Functions that are chained to
 * a future run on threads of this library, of which there are as many as functions that block: a function may block,
 * also on other futures of the same client.
 *
 * <p>Invalid arguments of builders and of enqueues are thrown at once, as {@link IllegalArgumentException}.
 * Any future may fail with a {@link io.pgqueuer.StoreUnavailableException} when the store cannot be reached, or
 * with a {@link io.pgqueuer.SchemaException} when the queue is not installed there.
 */
@NullMarked
package io.pgqueuer.java;

import org.jspecify.annotations.NullMarked;
