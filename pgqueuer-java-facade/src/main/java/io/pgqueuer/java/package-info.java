/**
 * PgQueuer for Java: a job queue in PostgreSQL, or in memory.
 *
 * <pre>{@code
 * try (var backend = Backend.postgres("postgresql://localhost/app");
 *         var watcher = backend.completionWatcher();
 *         var worker = backend.worker()
 *                 .entrypoint("greet")
 *                 .retry(RetryPolicy.exponential(5))
 *                 .handle(job -> System.out.println("hello " + job.payloadText()))
 *                 .build()) {
 *     backend.schema().install().join();
 *     worker.start();
 *     long id = backend.queue().enqueue("greet", "Ann").join();
 *     JobStatus end = watcher.awaitCompletion(id).join();
 * }
 * }</pre>
 *
 * <p>Start at {@link io.pgqueuer.java.Backend}. Ids of jobs and schedules are {@code long}s, and times are those of
 * {@code java.time}. Delivery is at-least-once: handlers must be idempotent.
 *
 * <h2>Futures</h2>
 *
 * <p>What may take a while returns a {@link java.util.concurrent.CompletableFuture}. It fails with the exception
 * itself: {@code get()} throws an {@link java.util.concurrent.ExecutionException} whose cause is, for example, the
 * {@link io.pgqueuer.DuplicateJobException}.
 *
 * <p>Cancelling a future cancels the work behind it; an enqueue or the like may or may not have taken effect then. As
 * always with {@code CompletableFuture}, cancelling what {@code thenApply} returned cancels only that.
 *
 * <p>Functions that are chained to a future run on threads of this library. They may block, also on other futures of
 * the same backend: as many threads are made as are needed.
 *
 * <h2>Errors</h2>
 *
 * <p>Builders throw {@link IllegalArgumentException} for a value that is out of its bounds. Any future may fail with a
 * {@link io.pgqueuer.StoreUnavailableException} if the store cannot be reached, with a
 * {@link io.pgqueuer.SchemaException} if the queue is not installed there, and with a
 * {@link io.pgqueuer.StoreClosedException} after the backend was closed.
 */
@NullMarked
package io.pgqueuer.java;

import org.jspecify.annotations.NullMarked;
