package io.pgqueuer.spring.internal.worker;

import io.pgqueuer.java.AsyncJobHandler;
import io.pgqueuer.java.AsyncTypedJobHandler;
import io.pgqueuer.java.EntrypointBuilder;
import io.pgqueuer.java.EntrypointDefaults;
import io.pgqueuer.java.FailureRecord;
import io.pgqueuer.java.JobHandler;
import io.pgqueuer.java.JobInterceptor;
import io.pgqueuer.java.JobType;
import io.pgqueuer.java.ScheduleBuilder;
import io.pgqueuer.java.StoredJob;
import io.pgqueuer.java.TypedJobHandler;
import io.pgqueuer.java.Worker;
import io.pgqueuer.java.WorkerBuilder;
import io.pgqueuer.java.WorkerObserver;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Knows whether anything was registered: a worker that serves nothing need not run. */
final class CountingWorkerBuilder implements WorkerBuilder {
    private final WorkerBuilder worker;
    private boolean isEmpty = true;

    CountingWorkerBuilder(WorkerBuilder worker) {
        this.worker = worker;
    }

    boolean isEmpty() {
        return isEmpty;
    }

    @Override
    public EntrypointBuilder<JobHandler, AsyncJobHandler> entrypoint(String name) {
        isEmpty = false;
        return worker.entrypoint(name);
    }

    @Override
    public <T> EntrypointBuilder<TypedJobHandler<T>, AsyncTypedJobHandler<T>> entrypoint(JobType<T> type) {
        isEmpty = false;
        return worker.entrypoint(type);
    }

    @Override
    public ScheduleBuilder schedule(String name, String expression) {
        isEmpty = false;
        return worker.schedule(name, expression);
    }

    @Override
    public WorkerBuilder defaults(Consumer<EntrypointDefaults> options) {
        worker.defaults(options);
        return this;
    }

    @Override
    public WorkerBuilder intercept(JobInterceptor interceptor) {
        worker.intercept(interceptor);
        return this;
    }

    @Override
    public WorkerBuilder onGiveUp(BiConsumer<StoredJob, FailureRecord> action) {
        worker.onGiveUp(action);
        return this;
    }

    @Override
    public WorkerBuilder observe(WorkerObserver observer) {
        worker.observe(observer);
        return this;
    }

    @Override
    public Worker build() {
        return worker.build();
    }
}
