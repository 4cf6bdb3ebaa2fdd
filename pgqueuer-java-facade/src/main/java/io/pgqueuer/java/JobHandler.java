package io.pgqueuer.java;

/** Does the work of a job on the calling thread, and may block it. */
@FunctionalInterface
public interface JobHandler {
    /**
     * Does the work. The job is completed when this method returns.
     *
     * <p>Delivery is at-least-once. Handlers must be idempotent: a job can run more than once.
     *
     * <p>The thread is interrupted when the job is canceled, its lease is lost, its time is up, or the worker stops.
     *
     * @throws Exception fails the job; it is retried if the entrypoint's {@link RetryPolicy} says so. A
     *     {@link RetryRequested} always retries it.
     */
    void handle(JobContext context) throws Exception;
}
