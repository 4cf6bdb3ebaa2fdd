package io.pgqueuer.examples

import io.ktor.server.application.Application
import io.ktor.server.auth.authenticate
import io.ktor.server.auth.principal
import io.ktor.server.routing.route
import io.ktor.server.routing.routing
import io.micrometer.core.instrument.MeterRegistry
import io.opentelemetry.api.OpenTelemetry
import io.pgqueuer.Backend
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.micrometer.QueueMetrics
import io.pgqueuer.micrometer.WorkerMetrics
import io.pgqueuer.opentelemetry.Creation
import io.pgqueuer.opentelemetry.traceWith
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.DashboardRole
import io.pgqueuer.web.PayloadRedactor
import io.pgqueuer.web.ktor.pgQueuerDashboard
import kotlinx.coroutines.CoroutineScope

// The snippets of docs/observability.md, docs/tracing.md and docs/dashboard.md.

fun measured(settings: PostgresSettings, registry: MeterRegistry): Backend {
    // What the workers of this process do: counters and timers.
    val backend = postgresBackend(settings) { observe(WorkerMetrics(registry)) }

    // What the queue contains, whoever works on it: gauges.
    QueueMetrics(backend).bindTo(registry)
    return backend
}

suspend fun waitingJobs(backend: Backend, scope: CoroutineScope, registry: MeterRegistry): Long {
    val reader = backend.snapshotReader(scope)
    QueueMetrics(reader).bindTo(registry)
    val waiting = reader.read().backlog.sumOf { it.due }
    return waiting
}

fun traced(settings: PostgresSettings, openTelemetry: OpenTelemetry): Backend {
    val backend = postgresBackend(settings) { traceWith(openTelemetry) }
    return backend
}

fun tracedByLinks(settings: PostgresSettings, openTelemetry: OpenTelemetry): Backend = postgresBackend(settings) {
    traceWith(openTelemetry) { creation = Creation.LINK }
}

class Staff(val isAdmin: Boolean)

fun Application.queueDashboard(backend: Backend): Dashboard {
    val dashboard = Dashboard(backend) { redactor = PayloadRedactor.HIDE }

    routing {
        authenticate("staff") {
            route("/admin/queue") {
                pgQueuerDashboard(dashboard) { call ->
                    if (call.principal<Staff>()?.isAdmin == true) DashboardRole.OPERATE else DashboardRole.READ
                }
            }
        }
    }
    return dashboard
}
