package io.pgqueuer.java;

import io.pgqueuer.LeaseLostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One job, delivered by {@link JobQueue#consume}. Its lease is renewed until it is answered by {@link #ack} or
 * {@link #nack}. Answer once: a second answer fails with an {@link IllegalStateException}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Delivery {
    /** The job, as it was claimed. */
    StoredJob job();

    /**
     * Completes the job.
     *
     * @return completes once that is written. Fails with a {@link LeaseLostException} if the job is no longer this
     *     consumer's: {@link Deliveries} was closed, the lease was lost, or the job was canceled. Nothing is written
     *     then.
     */
    CompletableFuture<@Nullable Void> ack();

    /** Gives the job back, to be delivered again at once; see {@link #nack(Duration)}. */
    default CompletableFuture<@Nullable Void> nack() {
        return nack(Duration.ZERO);
    }

    /**
     * Gives the job back, to be delivered again after {@code delay} with one attempt more.
     *
     * @param delay at least zero, at most 36,500 days.
     * @return completes once that is written. Fails in the same cases as {@link #ack}, and with an
     *     {@link IllegalArgumentException} if {@code delay} is out of its bounds.
     */
    CompletableFuture<@Nullable Void> nack(Duration delay);
}
