package io.pgqueuer.micrometer

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.micrometer.prometheusmetrics.PrometheusConfig
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import io.pgqueuer.Backend
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.test.PostgresFixture
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What Prometheus reads by HTTP. */
class PrometheusSpec : FunSpec({
    test("a queue in memory and its worker, as Prometheus reads them") {
        val registry = PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
        inMemoryBackend { observe(WorkerMetrics(registry)) }.use { work(it, registry) }
    }

    test("a queue in PostgreSQL and its worker, as Prometheus reads them") {
        PostgresFixture.start().use { server ->
            val registry = PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
            val settings = PostgresSettings.parse(server.newDatabase().dsn)
            postgresBackend(settings) { observe(WorkerMetrics(registry)) }.use {
                it.schema.install()
                work(it, registry)
            }
        }
    }
})

private suspend fun work(backend: Backend, registry: PrometheusMeterRegistry) {
    repeat(3) { backend.queue.enqueue("mail") }
    backend.queue.enqueue("broken")
    backend.queue.enqueue("report")
    backend.worker {
        defaults { retry = RetryPolicy.NONE }
        entrypoint("mail") {}
        entrypoint("broken") { error("broken") }
    }.run { mode = RunMode.DRAIN }
    QueueMetrics(backend) { interval = 100.milliseconds }.use { metrics ->
        metrics.bindTo(registry)
        scraping(registry) { scrape ->
            eventually(30.seconds) {
                scrape() shouldContain """pgqueuer_queue_jobs{entrypoint="broken",status="failed"} 1.0"""
            }
            val lines = scrape()
            lines shouldContain """pgqueuer_jobs_total{entrypoint="mail",outcome="succeeded"} 3.0"""
            lines shouldContain """pgqueuer_jobs_total{entrypoint="mail",outcome="failed"} 0.0"""
            lines shouldContain """pgqueuer_job_run_seconds_count{entrypoint="mail"} 3"""
            lines shouldContain """pgqueuer_job_run_seconds_bucket{entrypoint="mail",le="+Inf"} 3"""
            lines shouldContain """pgqueuer_job_wait_seconds_count{entrypoint="mail"} 3"""
            lines shouldContain """pgqueuer_queue_due{entrypoint="report"} 1.0"""
            lines shouldContain
                """pgqueuer_queue_count{aggregation="sum",entrypoint="report",status="queued"} 1.0"""
            lines shouldContain
                """pgqueuer_logs_count{aggregation="sum",entrypoint="mail",status="successful"} 3.0"""
            lines shouldContain """pgqueuer_workers_running 0.0"""
            lines.filter { "NaN" in it }.shouldBeEmpty()
        }
    }
}
