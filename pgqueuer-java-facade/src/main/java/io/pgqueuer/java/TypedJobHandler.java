package io.pgqueuer.java;

/**
 * Does the work of a job with its decoded value, and blocks its thread meanwhile.
 *
 * @param <T> the type of the value.
 */
@FunctionalInterface
public interface TypedJobHandler<T> {
    /** Works, as {@link JobHandler#handle} does. */
    void handle(T value, JobRun run) throws Exception;
}
