package io.pgqueuer.java;

import io.pgqueuer.JobTimeoutException;
import io.pgqueuer.LeaseLostException;
import io.pgqueuer.SchemaException;
import io.pgqueuer.java.internal.ValuesKt;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** Reads from exceptions, as Java types, what they keep as Kotlin types. */
public final class ExceptionDetails {
    private ExceptionDetails() {}

    /** Returns the id of the job whose lease was lost. */
    public static long jobId(LeaseLostException failure) {
        return ValuesKt.jobIdOf(Objects.requireNonNull(failure, "failure"));
    }

    /** Returns the id of the job that ran too long. */
    public static long jobId(JobTimeoutException failure) {
        return ValuesKt.jobIdOf(Objects.requireNonNull(failure, "failure"));
    }

    /** Returns how long the job was allowed to run. */
    public static Duration timeout(JobTimeoutException failure) {
        return ValuesKt.timeoutOf(Objects.requireNonNull(failure, "failure"));
    }

    /**
     * Returns what {@link SchemaManager#verify} found, with warnings, if the exception is from a call of
     * {@link SchemaManager}; otherwise nothing. A queue of which nothing is installed is one difference.
     */
    public static List<SchemaDifference> differences(SchemaException failure) {
        return ValuesKt.differencesOf(Objects.requireNonNull(failure, "failure"));
    }
}
