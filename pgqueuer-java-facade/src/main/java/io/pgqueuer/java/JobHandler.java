package io.pgqueuer.java;

/** Does the work of a job, and blocks its thread meanwhile. */
@FunctionalInterface
public interface JobHandler {
    /**
     * Works. Its normal end completes the job.
     *
     * <p>Its thread is interrupted when the job is canceled, its lease is lost, its time is up, or the worker stops.
     *
     * @throws Exception the job's failure, or {@link RetryRequested}.
     */
    void handle(JobRun run) throws Exception;
}
