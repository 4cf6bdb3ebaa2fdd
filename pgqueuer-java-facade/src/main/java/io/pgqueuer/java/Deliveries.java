package io.pgqueuer.java;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The jobs of one entrypoint, delivered one at a time. Made by {@link JobQueue#consume}. Close it, so that an
 * unanswered delivery is given back and the worker behind it stops.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Deliveries extends AutoCloseable {
    /**
     * Waits for the next delivery. No job is claimed before it is asked for, except the first one.
     *
     * <p>If the future is cancelled, its delivery is for the next call. Closing this fails it with a
     * {@link java.util.concurrent.CancellationException}.
     *
     * @return the delivery; empty once nothing is left, which happens only with {@link RunMode#DRAIN}. Fails with an
     *     {@link IllegalStateException} if another call waits already, and as {@link Worker#start} does.
     */
    CompletableFuture<Optional<Delivery>> next();

    /**
     * Gives an unanswered delivery back, and waits until that is written. It is delivered again at once, with its
     * attempts unchanged. A second call does nothing.
     */
    @Override
    void close();
}
