package io.pgqueuer.web

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.ktor.server.cio.CIO
import io.ktor.server.engine.embeddedServer
import io.ktor.server.routing.route
import io.ktor.server.routing.routing
import io.pgqueuer.NewJob
import io.pgqueuer.RetryPolicy
import io.pgqueuer.exposed.PostgresBackend
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresDatabase
import io.pgqueuer.test.PostgresFixture
import io.pgqueuer.web.ktor.pgQueuerDashboard
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.openqa.selenium.Keys
import java.io.IOException
import java.net.SocketTimeoutException
import java.sql.DriverManager
import java.time.ZoneId
import kotlin.io.path.Path
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The dashboard in a real browser, on PostgreSQL, while workers work. */
class BrowserSpec : FunSpec({
    fun browserTest(name: String, test: suspend (Place) -> Unit) =
        test(name).config(enabledOrReasonIf = Browser.isAvailable) { working(test) }

    browserTest("every page opens without a complaint, wide and narrow, dark and light") { place ->
        val barriers = mutableListOf<String>()
        for (dark in listOf(false, true)) {
            Browser(place.site, dark = dark).use { browser ->
                for (page in listOf(
                    "/",
                    "/entrypoints",
                    "/jobs",
                    "/held",
                    "/log",
                    "/workers",
                    "/schedules",
                    "/system",
                    "/jobs/$SLOW",
                )) {
                    for (width in listOf(Browser.WIDE, Browser.NARROW)) {
                        browser.resize(width)
                        browser.open(page)
                        withClue("$page, $width wide") {
                            browser.title shouldContain "PgQueuer"
                            browser.text shouldNotContain "cannot be read"
                            browser.complaints().shouldBeEmpty()
                            browser.overflow() shouldBeLessThanOrEqual 0
                            barriers += browser.barriers().map { "$page, $width wide, dark $dark: $it" }
                        }
                        val name = page.removePrefix("/").ifEmpty { "overview" }.replace("jobs/$SLOW", "job")
                        val variant = (if (dark) "-dark" else "") + (if (width == Browser.NARROW) "-narrow" else "")
                        browser.picture(Path("target/pictures/$name$variant.png"))
                        if (variant == "" && name in SHOWN && System.getProperty("docs.write") == "true") {
                            browser.picture(Path("../docs/images/$name.png"))
                        }
                    }
                }
            }
        }
        withClue(barriers.joinToString("\n")) { barriers.shouldBeEmpty() }
    }

    browserTest("numbers change without a reload, and not while updates are paused") { place ->
        Browser(place.site).use { browser ->
            browser.open("/")
            fun ended() = browser.textOf(".legend .successful")
            val first = ended()
            eventually(30.seconds) { ended() shouldNotBe first }
            browser.press("Pause updates")
            val paused = ended()
            delay(2.seconds)
            ended() shouldBe paused
            browser.press("Go on")
            eventually(30.seconds) { ended() shouldNotBe paused }
        }
    }

    browserTest("all that match a filter are requeued, and a job that was selected alone") { place ->
        Browser(place.site).use { browser ->
            browser.open("/held")
            browser.text shouldContain "SocketTimeoutException"
            browser.press("Requeue…")
            eventually(5.seconds) { browser.text shouldContain "Requeue all that match?" }
            browser.click("form.act button")
            eventually(15.seconds) { browser.text shouldContain "Done." }
            browser.open("/jobs?filter=status%3Afailed+entrypoint%3Areport")
            browser.click("input[type=checkbox]")
            browser.press("Requeue")
            eventually(5.seconds) { browser.text shouldContain "1 job requeued." }
        }
    }

    browserTest("an entrypoint is paused and resumed, and a filter survives a reload") { place ->
        Browser(place.site).use { browser ->
            browser.open("/entrypoints")
            browser.click("tbody form.act button")
            eventually(5.seconds) { browser.text shouldContain "mail is paused." }
            place.backend.insights.pauses().map { it.entrypoint } shouldBe listOf("mail")
            browser.press("Resume")
            eventually(5.seconds) { browser.text shouldContain "mail is resumed." }
            place.backend.insights.pauses().shouldBeEmpty()
            browser.open("/jobs")
            browser.type("body", "/")
            browser.type("#filter", "status:failed", Keys.ENTER)
            eventually(5.seconds) { browser.address shouldContain "filter=status%3Afailed" }
            browser.open(browser.address.removePrefix(place.site))
            browser.valueOf("#filter") shouldBe "status:failed"
        }
    }

    browserTest("a schedule is paused and resumed, and shows its next times in its zone") { place ->
        Browser(place.site).use { browser ->
            browser.open("/schedules")
            browser.text shouldContain "09:00:00 +09:00"
            browser.type("body", "t")
            browser.text shouldContain "09:00:00 +09:00"
            browser.click("tbody tr form.act[action$='/schedules/pause'] button")
            eventually(5.seconds) { browser.text shouldContain "The schedule is paused." }
            place.backend.schedules.list().filter { it.pausedSince != null }.map { it.name } shouldBe listOf("nightly")
            for (width in listOf(Browser.WIDE, Browser.NARROW)) {
                browser.resize(width)
                withClue("$width wide") { browser.overflow() shouldBeLessThanOrEqual 0 }
                browser.picture(Path("target/pictures/schedules-paused-$width.png"))
            }
            browser.press("Resume")
            eventually(5.seconds) { browser.text shouldContain "The schedule is resumed." }
            browser.complaints().shouldBeEmpty()
        }
    }

    browserTest("a reader has no buttons, and its change is refused") { place ->
        place.role = DashboardRole.READ
        Browser(place.site).use { browser ->
            browser.open("/entrypoints")
            browser.count("main form[method=post] button") shouldBe 0
            browser.script(
                "document.body.insertAdjacentHTML('beforeend', " +
                    "'<form id=f method=post action=\"/admin/queue/pause\"></form>');" +
                    "document.getElementById('f').submit()",
            )
            eventually(5.seconds) { browser.text shouldContain "You may not change anything" }
            place.backend.insights.pauses().shouldBeEmpty()
        }
    }

    browserTest("without scripts, pages and changes work") { place ->
        Browser(place.site, scripts = false).use { browser ->
            browser.open("/")
            browser.text shouldContain "Ended jobs in the last hour"
            browser.text shouldNotContain "Pause updates"
            browser.open("/entrypoints")
            browser.click("tbody form.act button")
            eventually(5.seconds) { browser.text shouldContain "mail is paused." }
            place.backend.insights.pauses().map { it.entrypoint } shouldBe listOf("mail")
        }
    }
})

/** The id of a job that a worker holds: the first that is enqueued. */
private const val SLOW = 1

/** The pages of which the documentation has pictures. */
private val SHOWN = setOf("overview", "entrypoints")

private class Place(
    val site: String,
    val backend: PostgresBackend,
) {
    var role = DashboardRole.OPERATE
}

/** Runs [test] on a queue with workers and failures, and a dashboard below a path of an application. */
private suspend fun working(test: suspend (Place) -> Unit) = withContext(Dispatchers.Default) {
    PostgresFixture.start().use { server ->
        val database = server.newDatabase()
        postgresBackend(PostgresSettings.parse(database.dsn)).use { backend ->
            backend.schema.install()
            database.addHistory()
            Dashboard(backend) { refreshEvery = 500.milliseconds }.use { dashboard ->
                lateinit var place: Place
                val web = embeddedServer(CIO, port = 0, host = "127.0.0.1") {
                    routing { route("/admin/queue") { pgQueuerDashboard(dashboard) { place.role } } }
                }.startSuspend()
                place = Place("http://127.0.0.1:${web.engine.resolvedConnectors().single().port}/admin/queue", backend)
                val work = launch { work(backend) }
                try {
                    eventually(20.seconds) {
                        backend.insights.heldJobs().map { it.job.entrypoint }.toSet().size shouldBe
                            2
                    }
                    test(place)
                } finally {
                    work.cancel()
                    web.stop(0, 500)
                }
            }
        }
    }
}

/** What the statistics would have if the workers had worked for an hour. */
private fun PostgresDatabase.addHistory() = DriverManager.getConnection(jdbcUrl).use { connection ->
    connection.createStatement().use {
        it.execute(
            """
            INSERT INTO pgqueuer_statistics (created, count, priority, status, entrypoint)
            SELECT date_trunc('second', now()) - minute * interval '1 minute', count, 0, status::pgqueuer_status, name
            FROM generate_series(1, 59) AS minute
            CROSS JOIN LATERAL (VALUES
                ('mail', 'successful', 900 + (300 * sin(minute / 7.0))::int),
                ('report', 'successful', 140 + (90 * cos(minute / 5.0))::int),
                ('report', 'failed', CASE WHEN minute BETWEEN 20 AND 27 THEN 240 ELSE 6 END)
            ) AS counts (name, status, count)
            """,
        )
    }
}

private suspend fun work(backend: PostgresBackend) = kotlinx.coroutines.coroutineScope {
    val worker = backend.worker {
        defaults { retry = RetryPolicy.NONE }
        entrypoint("mail") { delay(5.milliseconds) }
        entrypoint("report") { throw IOException("the disk is full") }
        entrypoint("sync") { throw SocketTimeoutException("connect timed out after 10 s") }
        entrypoint("slow", { concurrencyLimit = 10 }) { delay(30.seconds) }
        schedule("nightly", "0 2 * * *") { }
        schedule("opening", "0 9 * * mon-fri", { zone = ZoneId.of("Asia/Tokyo") }) { }
    }
    launch {
        worker.run {
            logAggregationInterval = 1.seconds
            shutdownTimeout = 1.seconds
        }
    }
    backend.queue.enqueueAll(
        List(3) { NewJob("slow") } + List(8) { NewJob("report", """{"month": $it}""") } + List(12) { NewJob("sync") },
    )
    while (isActive) {
        backend.queue.enqueueAll(List(20) { NewJob("mail", """{"to": "ann@example.org", "template": "receipt"}""") })
        backend.queue.enqueue("mail", "later") { delay = 2.hours }
        delay(200.milliseconds)
    }
}
