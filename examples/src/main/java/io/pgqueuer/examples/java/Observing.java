package io.pgqueuer.examples.java;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.pgqueuer.java.Backend;
import io.pgqueuer.java.micrometer.QueueMetrics;
import io.pgqueuer.java.micrometer.WorkerMetrics;
import io.pgqueuer.java.web.Dashboards;
import io.pgqueuer.java.web.PayloadRedactor;
import io.pgqueuer.opentelemetry.Creation;
import io.pgqueuer.opentelemetry.JobTracing;
import io.pgqueuer.web.Dashboard;
import io.pgqueuer.web.DashboardRole;
import io.pgqueuer.web.servlet.DashboardServlet;
import jakarta.servlet.ServletContext;
import javax.sql.DataSource;

/** The snippets of docs/observability.md, docs/tracing.md and docs/dashboard.md. */
public final class Observing {
    static Backend measured(DataSource dataSource, MeterRegistry registry) {
        var workerMetrics = WorkerMetrics.of(registry);
        var backend = Backend.postgres(dataSource, options -> options.observe(workerMetrics));
        QueueMetrics.of(backend).bindTo(registry);
        return backend;
    }

    static Backend traced(DataSource dataSource, OpenTelemetry openTelemetry) {
        var backend = Backend.postgres(dataSource, options -> options.install(JobTracing.of(openTelemetry)));
        return backend;
    }

    static Backend tracedByLinks(DataSource dataSource, OpenTelemetry openTelemetry) {
        return Backend.postgres(dataSource, options ->
                options.install(JobTracing.of(openTelemetry, tracing -> tracing.setCreation(Creation.LINK))));
    }

    static Dashboard dashboard(Backend backend, ServletContext servletContext) {
        var dashboard = Dashboards.of(backend, options -> options.redactor(PayloadRedactor.hide()));
        var servlet = new DashboardServlet(dashboard, request ->
                request.isUserInRole("admin") ? DashboardRole.OPERATE : DashboardRole.READ);
        var registration = servletContext.addServlet("queue", servlet);
        registration.addMapping("/admin/queue/*");
        registration.setAsyncSupported(true);
        return dashboard;
    }

    private Observing() {}
}
