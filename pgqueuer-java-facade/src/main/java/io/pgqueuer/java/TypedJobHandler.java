package io.pgqueuer.java;

/**
 * Does the work of a job with its decoded value. Otherwise behaves like {@link JobHandler}.
 *
 * @param <T> the type of the value.
 */
@FunctionalInterface
public interface TypedJobHandler<T> {
    /**
     * Does the work.
     *
     * @throws Exception fails the job, as with {@link JobHandler#handle}.
     */
    void handle(T value, JobContext context) throws Exception;
}
