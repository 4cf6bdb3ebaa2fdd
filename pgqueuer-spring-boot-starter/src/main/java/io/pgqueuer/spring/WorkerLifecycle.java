package io.pgqueuer.spring;

import io.pgqueuer.java.Worker;
import java.util.List;
import java.util.Optional;
import org.springframework.context.SmartLifecycle;

/**
 * The worker of the application. It starts once the web server accepts requests, and stops before the web server, the
 * connection pools and all other beans.
 *
 * <p>When the application stops, the worker claims no more jobs, lets handlers end within the shutdown timeout, cancels the
 * rest and gives their jobs back. It can be stopped and started again while the application runs. Who calls {@link #stop()}
 * while it stops waits for the same end.
 */
public interface WorkerLifecycle extends SmartLifecycle {
    /** Starts after the web server and stops before its graceful shutdown, which are 2,048 and 1,024 below the default. */
    int PHASE = DEFAULT_PHASE - 512;

    @Override
    default int getPhase() {
        return PHASE;
    }

    /** The worker; empty if the application has no handlers, or if the worker is turned off. */
    Optional<Worker> worker();

    /** The entrypoints of the annotated handlers, by name. */
    List<String> entrypoints();
}
