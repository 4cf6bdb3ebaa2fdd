package io.pgqueuer.java;

import java.time.Duration;
import java.util.Optional;

/**
 * How a run of a job ended.
 *
 * <p>Exceptions in outcomes come from handlers: their methods may throw. {@link FailureRecord} has safe texts.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface JobOutcome {
    /** The run ended well. */
    interface Succeeded extends JobOutcome {}

    /** The run failed, and the job runs again. */
    interface Retried extends JobOutcome {
        /** How long the job waits before it runs again. */
        Duration delay();

        /** What the log keeps of the failure. */
        FailureRecord failure();

        /** What the handler threw; empty if it threw nothing. */
        Optional<Throwable> exception();
    }

    /** The run failed for good, and the job was deleted. */
    interface Failed extends JobOutcome {
        /** What the log keeps of the failure. */
        FailureRecord failure();

        /** What the handler threw; empty if it threw nothing. */
        Optional<Throwable> exception();
    }

    /** The run failed for good, and the job is held. */
    interface Held extends JobOutcome {
        /** What the log keeps of the failure. */
        FailureRecord failure();

        /** What the handler threw; empty if it threw nothing. */
        Optional<Throwable> exception();
    }

    /** The job was given back unfinished, for example because its worker stops. */
    interface Released extends JobOutcome {}

    /** The job was canceled from outside. */
    interface Canceled extends JobOutcome {}

    /** The lease was lost: another worker may have the job, and nothing was written for this run. */
    interface LeaseLost extends JobOutcome {}
}
