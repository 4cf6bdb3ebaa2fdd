package io.pgqueuer.spring;

import io.pgqueuer.java.WorkerBuilder;

/**
 * Adds to the worker of the application: interceptors, observers, defaults of entrypoints, or entrypoints without
 * annotations. All beans of this type are called, in their order, before the annotated handlers are added.
 *
 * <pre>{@code
 * @Bean
 * WorkerCustomizer alerts(Pager pager) {
 *     return worker -> worker.onGiveUp((job, failure) -> pager.alert(job.entrypoint() + ": " + failure.message()));
 * }
 * }</pre>
 */
@FunctionalInterface
public interface WorkerCustomizer {
    /** Adds to {@code worker}. */
    void customize(WorkerBuilder worker);
}
