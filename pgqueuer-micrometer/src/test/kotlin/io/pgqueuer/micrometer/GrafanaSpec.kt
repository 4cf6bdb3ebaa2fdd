package io.pgqueuer.micrometer

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.micrometer.prometheusmetrics.PrometheusConfig
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlin.io.path.Path
import kotlin.io.path.readText
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The dashboard, the alerts and their page name metrics that are there. */
class GrafanaSpec : FunSpec({
    val registry = PrometheusMeterRegistry(PrometheusConfig.DEFAULT)
    var scraped = emptySet<String>()
    val dashboard = Json.parseToJsonElement(Path("../docs/grafana/pgqueuer.json").readText()).jsonObject
    val alerts = Path("../docs/grafana/alerts.yml").readText()
    val page = Path("../docs/observability.md").readText()

    beforeSpec { scraped = scrapeOfAQueueAtWork(registry) }

    test("every metric that the dashboard queries is scraped") {
        val queried = dashboard.texts("expr", "query", "definition").flatMap(::metricsIn).toSet()
        queried.size shouldBeGreaterThan 20
        (queried - scraped).shouldBeEmpty()
    }

    test("every metric that an alert asks for is scraped") {
        val asked = alerts.lines().filterNot { it.startsWith("#") }.flatMap(::metricsIn).toSet()
        asked.size shouldBeGreaterThan 10
        (asked - scraped).shouldBeEmpty()
    }

    test("the dashboard works with any data source, and each panel asks for something") {
        val panels = dashboard.getValue("panels").jsonArray.map { it.jsonObject }
        panels.map { it.getValue("id").jsonPrimitive.content }.shouldBeUnique()
        val charts = panels.filter { it.getValue("type").jsonPrimitive.content != "row" }
        charts.shouldNotBeEmpty()
        charts.filter { it.texts("expr").isEmpty() }.shouldBeEmpty()
        (dashboard.texts("uid").toSet() - setOf("\${datasource}", "pgqueuer")).shouldBeEmpty()
    }

    test("the page names every meter, every alert, and no metric that is not there") {
        val meters = registry.meters.map { it.id.name }.toSet()
        meters.filterNot { "`$it`" in page }.shouldBeEmpty()
        Regex("alert: (\\w+)").findAll(alerts).map { it.groupValues[1] }.filterNot { "**$it**" in page }.toList()
            .shouldBeEmpty()
        (metricsIn(page).toSet() - scraped).shouldBeEmpty()
    }
})

/** Names of metrics as Prometheus has them. */
private fun metricsIn(text: String): List<String> =
    Regex("""\bpgqueuer_[a-z_]+""").findAll(text).map { it.value }.toList()

/** Returns the texts of all members of these [names] in this object, however deep. */
private fun JsonElement.texts(vararg names: String): List<String> = when (this) {
    is JsonObject -> flatMap { (name, value) ->
        if (name in names && value is JsonPrimitive) listOf(value.content) else value.texts(*names)
    }

    is JsonArray -> flatMap { it.texts(*names) }

    is JsonPrimitive -> emptyList()
}

/** Returns the names of the metrics of a queue in PostgreSQL on which a worker runs jobs and a schedule. */
private suspend fun scrapeOfAQueueAtWork(registry: PrometheusMeterRegistry): Set<String> {
    var names = emptySet<String>()
    PostgresFixture.start().use { server ->
        val settings = PostgresSettings.parse(server.newDatabase().dsn)
        postgresBackend(settings) { observe(WorkerMetrics(registry)) }.use { backend ->
            backend.schema.install()
            backend.queue.enqueue("mail")
            val worker = backend.worker {
                entrypoint("mail") {}
                schedule("tick", "* * * * * *") {}
            }
            QueueMetrics(backend) { interval = 100.milliseconds }.use { metrics ->
                metrics.bindTo(registry)
                coroutineScope {
                    launch { worker.run() }
                    eventually(60.seconds) {
                        registry.get("pgqueuer.schedule.run").timers().shouldNotBeEmpty()
                        registry.get("pgqueuer.job.run").timers().shouldNotBeEmpty()
                        registry.get("pgqueuer.logs.count").gauges().shouldNotBeEmpty()
                    }
                    scraping(registry) { scrape ->
                        names = scrape().filterNot { it.startsWith("#") || it.isBlank() }
                            .map { it.takeWhile { char -> char != '{' && char != ' ' } }.toSet()
                    }
                    worker.shutdown()
                }
            }
        }
    }
    return names
}
