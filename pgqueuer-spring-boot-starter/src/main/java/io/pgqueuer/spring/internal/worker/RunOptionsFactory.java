package io.pgqueuer.spring.internal.worker;

import io.pgqueuer.java.RunOptions;
import io.pgqueuer.spring.PgQueuerProperties;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Makes the options of the worker from properties. */
final class RunOptionsFactory {
    private static final Logger log = LoggerFactory.getLogger(RunOptionsFactory.class);

    /** What the worker needs after its shutdown timeout, to give jobs back and to write outcomes. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final RunOptions.Builder options = RunOptions.builder();

    private RunOptionsFactory() {}

    /** @param phaseTimeout how long the application waits for its beans to stop. */
    static RunOptions make(PgQueuerProperties.Worker worker, Duration phaseTimeout) {
        return new RunOptionsFactory().of(worker, phaseTimeout);
    }

    private RunOptions of(PgQueuerProperties.Worker worker, Duration phaseTimeout) {
        set("batch-size", worker.batchSize(), options::batchSize);
        set("max-concurrent-tasks", worker.maxConcurrentTasks(), options::maxConcurrentTasks);
        set("prefetch", worker.prefetch(), options::prefetch);
        set("dequeue-timeout", worker.dequeueTimeout(), options::dequeueTimeout);
        set("heartbeat-timeout", worker.heartbeatTimeout(), options::heartbeatTimeout);
        set("max-rescues", worker.maxRescues(), options::maxRescues);
        set("shutdown-timeout", shutdownTimeout(worker.shutdownTimeout(), phaseTimeout), options::shutdownTimeout);
        set("listen", worker.listen(), options::listen);
        set("shutdown-on-listener-failure", worker.shutdownOnListenerFailure(), options::shutdownOnListenerFailure);
        set("restart-on-failure", worker.restartOnFailure(), options::restartOnFailure);
        if (worker.logAggregationInterval().isZero()) {
            options.noLogAggregation();
        } else {
            set("log-aggregation-interval", worker.logAggregationInterval(), options::logAggregationInterval);
        }
        set("log-retention", worker.logRetention(), options::logRetention);
        if (worker.vacuumEvery() == 0) {
            options.noVacuum();
        } else {
            set("vacuum-every", worker.vacuumEvery(), options::vacuumEvery);
        }
        set("retry-severity", worker.retrySeverity(), options::retrySeverity);
        set("failure-severity", worker.failureSeverity(), options::failureSeverity);
        return options.build();
    }

    private static Duration shutdownTimeout(@Nullable Duration set, Duration phaseTimeout) {
        if (set == null) {
            var below = phaseTimeout.minus(MARGIN);
            return below.isNegative() ? phaseTimeout.dividedBy(2) : below;
        }
        if (set.compareTo(phaseTimeout) >= 0) {
            log.warn(
                    "pgqueuer.worker.shutdown-timeout ({}) does not fit into spring.lifecycle.timeout-per-shutdown-phase "
                            + "({}): other beans stop while handlers still run. Lower the first, or raise the second",
                    set,
                    phaseTimeout);
        }
        return set;
    }

    private <T> void set(String property, @Nullable T value, Consumer<T> set) {
        if (value == null) {
            return;
        }
        try {
            set.accept(value);
            // Checks the value.
            options.build();
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException("pgqueuer.worker." + property, value, e.getMessage());
        }
    }
}
