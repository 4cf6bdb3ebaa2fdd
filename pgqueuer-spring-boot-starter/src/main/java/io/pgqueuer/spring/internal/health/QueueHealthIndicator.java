package io.pgqueuer.spring.internal.health;

import io.pgqueuer.java.Backlog;
import io.pgqueuer.java.Insights;
import io.pgqueuer.java.Worker;
import io.pgqueuer.spring.PgQueuerProperties;
import io.pgqueuer.spring.WorkerLifecycle;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Tells whether the application can use the queue: its worker runs, renews its leases and hears notifications. Without a
 * worker, whether the queue can be read.
 */
final class QueueHealthIndicator extends AbstractHealthIndicator {
    private final Insights insights;
    private final WorkerLifecycle lifecycle;
    private final PgQueuerProperties.Health properties;

    QueueHealthIndicator(Insights insights, WorkerLifecycle lifecycle, PgQueuerProperties.Health properties) {
        super("the health of the queue cannot be told");
        this.insights = insights;
        this.lifecycle = lifecycle;
        this.properties = properties;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) throws Exception {
        builder.up();
        var worker = lifecycle.worker();
        if (worker.isPresent()) {
            checkWorker(worker.get(), builder);
        } else {
            builder.withDetail("worker", "none");
            if (properties.maxOverdue() == null) {
                insights.pauses().get(properties.timeout().toMillis(), TimeUnit.MILLISECONDS);
            }
        }
        if (properties.maxOverdue() != null) {
            checkOverdue(properties.maxOverdue(), builder);
        }
    }

    private void checkWorker(Worker worker, Health.Builder builder) throws Exception {
        if (!lifecycle.isRunning()) {
            builder.outOfService().withDetail("worker", "stopped");
            return;
        }
        // A little longer than the check itself takes.
        var patience = properties.timeout().plusSeconds(1).toMillis();
        var isHealthy = worker.listenerHealthy(properties.timeout()).get(patience, TimeUnit.MILLISECONDS);
        builder.withDetail("worker", "running").withDetail("listenerHealthy", isHealthy);
        if (!isHealthy) {
            builder.down();
        }
    }

    private void checkOverdue(Duration max, Health.Builder builder) throws Exception {
        var overdue = insights.backlog().get(properties.timeout().toMillis(), TimeUnit.MILLISECONDS).stream()
                .map(Backlog::overdue)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
        builder.withDetail("overdue", overdue.toString());
        if (overdue.compareTo(max) > 0) {
            builder.down();
        }
    }
}
