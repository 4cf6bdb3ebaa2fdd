package io.pgqueuer.spring.internal.worker;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.RunOptions;
import io.pgqueuer.java.RunReport;
import io.pgqueuer.java.Worker;
import io.pgqueuer.spring.PgQueuerProperties;
import io.pgqueuer.spring.WorkerCustomizer;
import io.pgqueuer.spring.WorkerLifecycle;
import io.pgqueuer.spring.internal.handler.HandlerRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;

/** Builds the worker once all beans are there, and runs it. */
public final class SpringWorker implements WorkerLifecycle, SmartInitializingSingleton {
    private static final Logger log = LoggerFactory.getLogger(SpringWorker.class);

    private final Backend backend;
    private final HandlerRegistry handlers;
    private final List<WorkerCustomizer> customizers;
    private final RunOptions options;
    private final boolean isEnabled;
    private @Nullable Worker worker;
    private @Nullable CompletableFuture<RunReport> run;

    /** What completes once the run has ended, if it was asked to. */
    private @Nullable CompletableFuture<@Nullable Void> end;

    /** @param phaseTimeout how long the application waits for its beans to stop. */
    public SpringWorker(
            Backend backend,
            HandlerRegistry handlers,
            List<WorkerCustomizer> customizers,
            PgQueuerProperties.Worker properties,
            Duration phaseTimeout) {
        this.backend = backend;
        this.handlers = handlers;
        this.customizers = customizers;
        this.options = RunOptionsFactory.make(properties, phaseTimeout);
        this.isEnabled = properties.enabled();
    }

    @Override
    public void afterSingletonsInstantiated() {
        handlers.check();
        var builder = new CountingWorkerBuilder(backend.worker());
        customizers.forEach(customizer -> customizer.customize(builder));
        handlers.registerOn(builder);
        if (isEnabled && !builder.isEmpty()) {
            worker = builder.build();
        }
    }

    @Override
    public Optional<Worker> worker() {
        return Optional.ofNullable(worker);
    }

    @Override
    public List<String> entrypoints() {
        return handlers.entrypoints();
    }

    @Override
    public synchronized void start() {
        if (worker != null && !isRunning()) {
            log.info("the worker starts; entrypoints: {}", entrypoints());
            run = worker.start(options);
            end = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return run != null && !run.isDone();
    }

    @Override
    public void stop() {
        askToStop().join();
    }

    @Override
    public void stop(Runnable callback) {
        askToStop().whenComplete((report, failure) -> callback.run());
    }

    /** Returns what completes once the worker has ended, whether well or not. */
    private synchronized CompletableFuture<@Nullable Void> askToStop() {
        var current = run;
        if (current == null || worker == null) {
            return CompletableFuture.completedFuture(null);
        }
        // A second request would skip the wait for handlers.
        if (end == null) {
            if (!current.isDone()) {
                worker.shutdown();
            }
            end = current.handle((report, failure) -> {
                if (report != null) {
                    log.info("the worker has stopped: {}", report);
                }
                return null;
            });
        }
        return end;
    }
}
