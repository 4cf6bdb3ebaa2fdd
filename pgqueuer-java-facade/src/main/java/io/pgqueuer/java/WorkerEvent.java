package io.pgqueuer.java;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * Something that a worker did or noticed; see {@link WorkerObserver}.
 *
 * <p>Implemented by this library only. Methods and new kinds of events may be added in any release.
 */
public interface WorkerEvent {
    /** Identifies the run of a worker that did it. */
    UUID worker();

    /** A run of the worker starts. It is the first event of the run. */
    interface WorkerStarted extends WorkerEvent {
        /** The most handlers that run at once in this worker. */
        int maxConcurrentTasks();

        /**
         * How many jobs the worker holds at this moment: those that run, and those that wait for a slot. It changes while
         * the worker runs, so that a gauge can read it.
         */
        int activeJobs();
    }

    /** The run of the worker has ended. It is the last event of the run, and is never dropped. */
    interface WorkerStopped extends WorkerEvent {}

    /**
     * The run of the worker failed, and the worker starts again. Sent only with {@link RunOptions#restartOnFailure()},
     * after {@link WorkerStopped} if the run had begun.
     */
    interface RunFailed extends WorkerEvent {
        /** Why it failed. */
        Exception cause();

        /** How long the worker waits before it starts again. */
        Duration restartIn();
    }

    /** The worker claimed jobs. */
    interface JobsClaimed extends WorkerEvent {
        /**
         * The jobs, in the order in which they will be started. Those with {@link StoredJob#rescues()} above 0 were
         * taken over from a worker that died or hangs.
         */
        List<StoredJob> jobs();
    }

    /**
     * A claim of the worker held a job instead of running it: its lease had expired {@link RunOptions#maxRescues()}
     * times, or its row cannot be read. Its failure record says why.
     */
    interface JobHeldByClaim extends WorkerEvent {
        /** The id of the job. */
        long jobId();

        /** The entrypoint of the job. */
        String entrypoint();
    }

    /** The handler of a job starts. */
    interface JobStarted extends WorkerEvent {
        /** The job, as it was claimed. */
        StoredJob job();
    }

    /** A run of a job has ended, and the store has confirmed it. Sent once for each claimed job. */
    interface JobEnded extends WorkerEvent {
        /** The job, as it was claimed. */
        StoredJob job();

        /** How the run ended. */
        JobOutcome outcome();

        /** How long the handler ran; zero if it was not started. */
        Duration ran();
    }

    /** The handler of a schedule starts. */
    interface ScheduleStarted extends WorkerEvent {
        /** The schedule, as it was claimed. */
        Schedule schedule();
    }

    /** A run of a schedule has ended, and the store has confirmed it. */
    interface ScheduleEnded extends WorkerEvent {
        /** The schedule, as it was claimed. */
        Schedule schedule();

        /** How the run ended. */
        ScheduleOutcome outcome();

        /** How long the handler ran. */
        Duration ran();
    }

    /** The store did not do what the worker asked of it. The worker tries again. */
    interface StoreFailed extends WorkerEvent {
        /** What the worker asked for. */
        StoreOperation operation();

        /** Why it failed. */
        Throwable cause();

        /** How long the worker waits before it tries again. */
        Duration retryIn();
    }

    /** Notifications do not arrive any more. The worker reconnects, and polls in the meantime. */
    interface ListenerLost extends WorkerEvent {
        /** Why. */
        Throwable cause();
    }

    /** Notifications arrive again, or for the first time. */
    interface ListenerReady extends WorkerEvent {}

    /** The observer was too slow, and missed events before the next one. */
    interface EventsDropped extends WorkerEvent {
        /** How many events it missed. */
        long count();
    }
}
