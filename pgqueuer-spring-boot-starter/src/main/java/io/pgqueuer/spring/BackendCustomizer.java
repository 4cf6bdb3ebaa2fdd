package io.pgqueuer.spring;

import io.pgqueuer.java.BackendOptions;

/**
 * Sets options of the backend that is made from the application's properties. All beans of this type are called, in their
 * order, after the properties were set.
 *
 * <pre>{@code
 * @Bean
 * BackendCustomizer tenants() {
 *     return options -> options.interceptEnqueue(job -> job.with(copy -> copy.header("tenant", Tenant.current())));
 * }
 * }</pre>
 */
@FunctionalInterface
public interface BackendCustomizer {
    /** Sets options. */
    void customize(BackendOptions options);
}
