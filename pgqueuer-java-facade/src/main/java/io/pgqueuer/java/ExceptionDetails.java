package io.pgqueuer.java;

import io.pgqueuer.JobTimeoutException;
import io.pgqueuer.LeaseLostException;
import io.pgqueuer.java.internal.MappingKt;
import java.time.Duration;

/** What exceptions tell by Kotlin types, in Java's. */
public final class ExceptionDetails {
    private ExceptionDetails() {}

    /** The id of the job whose lease was lost. */
    public static long jobId(LeaseLostException failure) {
        return MappingKt.jobIdOf(failure);
    }

    /** The id of the job that ran too long. */
    public static long jobId(JobTimeoutException failure) {
        return MappingKt.jobIdOf(failure);
    }

    /** How long the job was allowed to run. */
    public static Duration timeout(JobTimeoutException failure) {
        return MappingKt.timeoutOf(failure);
    }
}
