package io.pgqueuer.java;

import java.time.Duration;

/**
 * Options of all entrypoints of a worker: {@link WorkerBuilder#defaults}. Each method sets one and returns this object.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface EntrypointDefaults {
    /**
     * Sets the most jobs of each entrypoint that run at once, over all workers; at least 1, default: no limit. Each
     * entrypoint has a limit of its own.
     */
    EntrypointDefaults concurrencyLimit(int concurrencyLimit);

    /** Sets what becomes of a job that failed for good; see {@link EntrypointBuilder#onFailure}. */
    EntrypointDefaults onFailure(OnFailure onFailure);

    /** Sets what becomes of a job whose payload cannot be decoded; see {@link EntrypointBuilder#onUndecodable}. */
    EntrypointDefaults onUndecodable(OnFailure onUndecodable);

    /** Sets which failures are retried, and when; see {@link EntrypointBuilder#retry}. */
    EntrypointDefaults retry(RetryPolicy retry);

    /** Sets how long one run may take; see {@link EntrypointBuilder#timeout}. */
    EntrypointDefaults timeout(Duration timeout);
}
