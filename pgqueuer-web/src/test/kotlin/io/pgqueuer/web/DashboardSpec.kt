package io.pgqueuer.web

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.Backend
import io.pgqueuer.DifferenceType
import io.pgqueuer.Insights
import io.pgqueuer.JobFilter
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.OldestTransaction
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.SchemaDifference
import io.pgqueuer.SchemaException
import io.pgqueuer.SchemaManager
import io.pgqueuer.StoredJob
import io.pgqueuer.Throughput
import io.pgqueuer.ThroughputStep
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.headersOf
import io.pgqueuer.memory.InMemoryBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.Store
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import java.time.ZoneId
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

private val PAGES = listOf("/", "/entrypoints", "/jobs", "/held", "/log", "/workers", "/schedules", "/system")

class DashboardSpec : FunSpec({
    suspend fun InMemoryBackend.hold(count: Int, entrypoint: String = "mail", message: String = "no mail server") {
        queue.enqueueAll(List(count) { NewJob(entrypoint, """{"to": "ann", "number": $it}""") })
        val worker = worker {
            entrypoint(entrypoint, { retry = RetryPolicy.NONE }) { throw IllegalStateException(message) }
        }
        worker.run { mode = RunMode.DRAIN }
    }

    suspend fun InMemoryBackend.shown(role: DashboardRole = DashboardRole.OPERATE, test: suspend (Client) -> Unit) =
        Dashboard(this) { refreshEvery = 0.5.seconds }.use { test(Client(it, role)) }

    test("every page is there, for an empty queue and for one with everything, and lets no script in") {
        for (isFull in listOf(false, true)) {
            val backend = inMemoryBackend()
            if (isFull) {
                backend.hold(3)
                backend.queue.enqueue("report")
                backend.queue.pauseQueue { reason = "we move" }
            }
            backend.shown { client ->
                for (path in PAGES) {
                    val page = client.get(path)
                    withClue("$path: ${page.text.take(2_000)}") {
                        page.status shouldBe 200
                        page.headers.getValue("Content-Type") shouldBe "text/html; charset=utf-8"
                        page.headers.getValue("Content-Security-Policy") shouldContain "default-src 'none'"
                        page.headers.getValue("Content-Security-Policy") shouldNotContain "unsafe"
                        page.text shouldContain "</html>"
                        page.text shouldNotContain "<script>"
                        page.text shouldNotContain " style="
                        page.text shouldNotContain " onclick"
                    }
                }
            }
        }
    }

    test("the overview tells what waits, what needs attention, and the newest failures") {
        val backend = inMemoryBackend()
        backend.hold(2)
        backend.queue.enqueueAll(List(5) { NewJob("report") })
        backend.queue.pause("report") { reason = "the disk is full" }
        backend.shown { client ->
            val page = client.get("/").text
            page shouldContain "<dt>queued</dt><dd>5</dd>"
            page shouldContain "<dt>held</dt><dd>2</dd>"
            page shouldContain "2 jobs are held"
            page shouldContain "entrypoint report is paused: the disk is full"
            page shouldContain "no mail server"
        }
    }

    test("what people and jobs write is shown as text, never as markup") {
        val evil = "<script>alert(1)</script>\"'&"
        val backend = inMemoryBackend()
        backend.hold(1, entrypoint = evil, message = evil)
        val id = backend.queue.enqueue(evil, evil) {
            dedupeKey = evil
            headers = headersOf(evil to evil)
        }
        backend.queue.pause(evil) { reason = evil }
        backend.shown { client ->
            val filter = java.net.URLEncoder.encode("entrypoint:\"<script>alert(1)</script>\"", Charsets.UTF_8)
            for (path in PAGES +
                listOf("/jobs/$id", "/jobs/1", "/jobs?filter=$filter", "/jobs?filter=%3Cscript%3E", "/%3Cscript%3E")) {
                withClue(path) { client.get(path).text shouldNotContain "<script>" }
            }
        }
    }

    test("jobs are filtered and read in pages, and a wrong filter says why") {
        val backend = inMemoryBackend()
        backend.queue.enqueueAll(List(60) { NewJob("a") } + List(3) { NewJob("b") })
        backend.shown { client ->
            val first = client.get("/jobs?filter=entrypoint%3Aa").text
            first shouldContain "60 match."
            first shouldContain ">50</a>"
            first shouldNotContain ">51</a>"
            val next = client.get("/jobs?filter=entrypoint%3Aa&after=50").text
            next shouldContain ">60</a>"
            next shouldNotContain ">61</a>"
            client.get("/jobs?filter=colour%3Ared").text shouldContain "is no condition of a filter"
        }
        val large = inMemoryBackend()
        large.queue.enqueueAll(List(1_001) { NewJob("a") })
        large.shown { it.get("/jobs").text shouldContain "1,000+ jobs match." }
    }

    test("jobs are found by their payloads, but not where payloads are not shown as they are") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("mail", """{"to": "ann", "number": 1}""")
        backend.queue.enqueue("mail", """{"to": "bob", "number": 2}""")
        backend.shown { client ->
            client.get("/jobs?filter=payload.to%3Aann").text.run {
                this shouldContain ">1</a>"
                this shouldNotContain ">2</a>"
            }
            client.get("/jobs?filter=payload%3Abob").text shouldContain ">2</a>"
        }
        val guess = "entrypoint:mail payload.to:ann"
        for (hiding in listOf(PayloadRedactor.HIDE, PayloadRedactor { _, payload -> payload })) {
            Dashboard(backend) { redactor = hiding }.use {
                val client = Client(it)
                val filter = java.net.URLEncoder.encode(guess, Charsets.UTF_8)
                client.get("/jobs?filter=$filter").text shouldContain "must not have payload conditions"
                client.get("/jobs/matching?filter=$filter&action=cancel").status shouldBe 400
                client.post("/tasks", "filter" to guess, "action" to "cancel").status shouldBe 400
            }
        }
        backend.insights.countJobs(JobFilter.ALL) shouldBe 2
    }

    test("a deferred job is made due from its page") {
        val backend = inMemoryBackend()
        val id = backend.queue.enqueue("mail") { delay = 2.hours }
        backend.shown { client ->
            client.get("/jobs/$id").text shouldContain "Run now</button>"
            client.change(
                "/jobs/selected",
                "back" to "/jobs/$id",
                "id" to "$id",
                "action" to "run-now",
            ).text shouldContain
                "1 job made due now."
            client.post("/tasks", "filter" to "", "action" to "run-now").status shouldBe 400
        }
        backend.worker { entrypoint("mail") { } }.run { mode = RunMode.DRAIN }.succeeded shouldBe 1
    }

    test("entrypoints show how long jobs waited and ran") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("mail")
        backend.worker { entrypoint("mail") { } }.run { mode = RunMode.DRAIN }
        backend.shown { client ->
            val page = client.get("/entrypoints").text
            for (label in listOf("wait: p50, p95, p99", "run: p50, p95, p99")) {
                page shouldContain Regex("data-label=\"$label\">[0-9a-z-]+, [0-9a-z-]+, [0-9a-z-]+<")
            }
        }
    }

    test("entrypoints show the slots that running jobs take of a limit, and the limit if a worker has declared it") {
        val backend = inMemoryBackend()
        backend.queue.enqueueAll(List(3) { NewJob("limited") } + NewJob("free"))
        val end = CompletableDeferred<Unit>()
        val worker = backend.worker {
            entrypoint("limited", { concurrencyLimit = 2 }) { end.await() }
            entrypoint("free") { end.await() }
        }
        val run = async { worker.run { mode = RunMode.DRAIN } }
        eventually(15.seconds) { backend.insights.backlog().sumOf { it.running } shouldBe 3 }
        backend.shown { client ->
            val page = client.get("/entrypoints").text
            page shouldContain Regex("running\">1</td><td [^>]*data-label=\"slots\">-<")
            page shouldContain Regex("running\">2</td><td [^>]*data-label=\"slots\">2 of 2<")
            checkNotNull(backend.capability(StoreBackend::class)).store.limits.declare(mapOf("limited" to null))
            eventually(15.seconds) {
                client.get("/entrypoints").text shouldContain Regex("running\">2</td><td [^>]*data-label=\"slots\">2<")
            }
        }
        end.complete(Unit)
        run.await()
    }

    test("counts that are estimates are shown as such, and others are not") {
        val memory = checkNotNull(inMemoryBackend().capability(StoreBackend::class)).store
        for ((isEstimate, sign) in listOf(true to "~", false to "")) {
            val backend = StoreBackend(
                object : Store by memory {
                    override val insights = object : Insights by memory.insights {
                        override suspend fun throughput(window: Duration, atMost: Int) = listOf(
                            Throughput("mail", JobStatus.SUCCESSFUL, 3_000, isEstimate),
                            Throughput("mail", JobStatus.EXCEPTION, 1_000, isEstimate),
                        )

                        override suspend fun throughputHistory(window: Duration, step: Duration, atMost: Int) = listOf(
                            ThroughputStep(Clock.System.now(), "mail", JobStatus.SUCCESSFUL, 1_234_567, isEstimate),
                        )
                    }
                },
            )
            Dashboard(backend).use { dashboard ->
                val overview = Client(dashboard).get("/").text
                overview shouldContain "<dt>ended</dt><dd>${sign}13.3/s</dd>"
                overview shouldContain ">${sign}25.0 %</dd>"
                overview shouldContain if (isEstimate) "successful ~1,230,000<" else "successful 1,234,567<"
                ("estimates from a sample" in overview) shouldBe isEstimate
                val entrypoints = Client(dashboard).get("/entrypoints").text
                entrypoints shouldContain "data-label=\"ended\">${sign}13.3/s<"
                entrypoints shouldContain "data-label=\"failed\">${sign}25.0 %<"
            }
        }
    }

    test("a page of the log searches a bounded part of it, says so, and goes on from there") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("rare")
        backend.queue.enqueueAll(List(100_001) { NewJob("e") })
        backend.shown { client ->
            val page = client.get("/log?filter=entrypoint%3Arare").text
            page shouldContain "Only 100,000 entries of the log were searched."
            page shouldNotContain "/jobs/1\""
            page shouldContain "&amp;before=3\">Older</a>"
            val rest = client.get("/log?filter=entrypoint%3Arare&before=3").text
            rest shouldContain "/jobs/1\""
            rest shouldNotContain "Older"
            rest shouldNotContain "were searched"
            client.get("/log?filter=entrypoint%3Anosuch&before=3").text shouldContain "The log has no such entry."
        }
    }

    test("a transaction that keeps dead rows needs attention if it is old, and is on the page of the system") {
        var oldest: OldestTransaction? =
            OldestTransaction("session 7 of ann (psql), idle in transaction", 3.hours, 12_345)
        val memory = checkNotNull(inMemoryBackend().capability(StoreBackend::class)).store
        val backend = StoreBackend(
            object : Store by memory {
                override val insights = object : Insights by memory.insights {
                    override suspend fun oldestTransaction() = oldest
                }
            },
        )
        suspend fun pages() = Dashboard(backend).use { Client(it).get("/").text to Client(it).get("/system").text }

        pages().run {
            first shouldContain "session 7 of ann (psql), idle in transaction keeps the server from removing dead rows"
            second shouldContain "for 3h now. 12,345 transactions have begun since."
        }
        oldest = oldest?.copy(age = 10.seconds)
        pages().first shouldContain "Nothing needs attention."
        oldest = null
        pages().second shouldContain "No transaction keeps the server from removing dead rows."
    }

    test("the page of the system says which version it runs, and whether the schema is as that needs it") {
        var differences = emptyList<SchemaDifference>()
        val memory = checkNotNull(inMemoryBackend().capability(StoreBackend::class)).store
        val backend = StoreBackend(
            object : Store by memory {
                override val schema = object : SchemaManager by memory.schema {
                    override suspend fun verify() =
                        if (differences.any { it.isError }) throw SchemaException("old", differences) else differences
                }
            },
        )
        suspend fun page() = Dashboard(backend).use { Client(it).get("/system").text }
        fun difference(isError: Boolean) =
            SchemaDifference("index", "i", "t", DifferenceType.MISSING, isError, null, null, "i is missing", "fix i")

        page() shouldContain
            Regex("runs PgQueuer \\d+\\.\\d+\\.\\d+\\S*\\. The schema is as this version needs it\\.")
        differences = listOf(difference(isError = false))
        page().run {
            this shouldContain "The schema has what this version needs, with warnings:"
            this shouldContain "fix i"
        }
        differences += difference(isError = true)
        page() shouldContain "The schema is not as this version needs it:"
    }

    test("a job shows its life, its payload, its failures by cause, and a command to enqueue it again") {
        val backend = inMemoryBackend()
        backend.hold(1)
        val binary = backend.queue.enqueue("b", byteArrayOf(0, 1, -1))
        backend.shown { client ->
            val page = client.get("/jobs/1").text
            page shouldContain "1 × java.lang.IllegalStateException: no mail server"
            page shouldContain "&quot;to&quot;: &quot;ann&quot;"
            page shouldContain "pgq queue 'mail' "
            page shouldContain "Requeue</button>"
            page shouldNotContain "Cancel</button>"
            client.get("/jobs/$binary").text shouldContain "000000  00 01 ff"
            client.get("/jobs/99").status shouldBe 404
        }
        Dashboard(backend) { redactor = PayloadRedactor.HIDE }.use {
            Client(it).get("/jobs/1").text.run {
                this shouldNotContain "ann"
                this shouldContain "bytes, hidden"
                this shouldNotContain "pgq queue"
            }
        }
        Dashboard(backend) { redactor = PayloadRedactor { _, _ -> error("a bug") } }.use {
            Client(it).get("/jobs/1").text shouldNotContain "ann"
        }
    }

    test("an ended job is shown by its log, with who claimed it") {
        val backend = inMemoryBackend()
        val id = backend.queue.enqueue("e")
        backend.worker { entrypoint("e") { } }.run { mode = RunMode.DRAIN }
        val claim = backend.insights.log(id).single { it.status == JobStatus.PICKED }
        backend.shown { client ->
            val page = client.get("/jobs/$id").text
            page shouldContain "It has ended"
            page.split("claimed by worker").size shouldBe 2
            page shouldContain ">${claim.workerId}</a> (JVM), lease ${claim.leaseEpoch}<"
            client.get("/log?filter=status%3Asuccessful+entrypoint%3Ae").text shouldContain "/jobs/$id"
            client.get("/log?filter=status%3Acanceled").text shouldNotContain "/jobs/$id"
            client.get("/log?filter=status%3Alost").text shouldContain
                "'lost' in 'status:lost' is not one of"
        }
    }

    test("jobs that have ended are asked for as others are, and shown by the log") {
        inMemoryBackend().shown { client ->
            client.get("/jobs").text shouldContain "href=\"/jobs?filter=status%3Asuccessful\""
            val answer = client.get("/jobs?filter=entrypoint%3Amail+status%3Asuccessful%2Ccanceled")
            answer.status shouldBe 303
            answer.headers["Location"] shouldBe "/log?filter=status%3Asuccessful%2Ccanceled+entrypoint%3Amail"
            // The log knows neither ages nor payloads.
            client.get("/jobs?filter=status%3Asuccessful+age%3A1h").text shouldContain
                "have ended, and are in the log alone"
            client.get("/jobs?filter=status%3Asuccessful%2Cqueued").status shouldBe 200
        }
    }

    test("selected jobs are requeued, canceled and dismissed, and the page says what came of it") {
        val backend = inMemoryBackend()
        backend.hold(3)
        backend.shown { client ->
            val back = "back" to "/jobs?filter=status%3Afailed&notice=0"
            val page = client.change(
                "/jobs/selected",
                back,
                "id" to "1",
                "id" to "2",
                "id" to "77",
                "action" to "requeue",
            )
            page.text shouldContain "2 jobs requeued. 1 could not be, as their status does not allow it: 77"
            page.text shouldContain "1 match."
            client.change("/jobs/selected", back, "id" to "3", "action" to "dismiss").text shouldContain
                "1 job dismissed."
            client.change("/jobs/selected", back, "id" to "1", "action" to "cancel").text shouldContain
                "1 job canceled."
            client.post("/jobs/selected", "action" to "cancel").run {
                status shouldBe 400
                text shouldContain "select jobs first"
            }
            client.post("/jobs/selected", "action" to "explode", "id" to "1").status shouldBe 400
        }
        backend.insights.jobs().map { it.id.value } shouldContainExactly listOf(2)
    }

    test("all that match are changed after a question, with progress") {
        val backend = inMemoryBackend()
        backend.hold(1_200)
        backend.hold(1, entrypoint = "other")
        backend.shown { client ->
            val question = client.get("/jobs/matching?filter=entrypoint%3Amail&action=requeue").text
            question shouldContain "Requeue 1,200 jobs"
            backend.insights.countJobs(JobFilter(status = JobStatus.QUEUED)) shouldBe 0
            val started = client.post("/tasks", "filter" to "entrypoint:mail", "action" to "requeue")
            val address = started.headers.getValue("Location")
            eventually(15.seconds) { client.get(address).text shouldContain "1,200 of 1,200 jobs are requeued. Done." }
            client.post("/tasks", "filter" to "status:queued", "action" to "requeue").status shouldBe 400
            client.get("/jobs/matching?filter=&action=requeue").status shouldBe 400
        }
        backend.insights.countJobs(JobFilter(status = JobStatus.QUEUED)) shouldBe 1_200
        backend.insights.heldCounts() shouldBe mapOf("other" to 1L)
    }

    test("a change of all that match is stopped after a chunk, and says so") {
        val backend = inMemoryBackend()
        backend.hold(1_200)
        val held = CompletableDeferred<Unit>()
        val slow = object : Backend by backend {
            override val insights = object : Insights by backend.insights {
                override suspend fun jobs(filter: JobFilter, limit: Int, after: JobId?): List<StoredJob> {
                    if (after != null) held.await()
                    return backend.insights.jobs(filter, limit, after)
                }
            }
        }
        Dashboard(slow).use { dashboard ->
            val client = Client(dashboard)
            val started = client.post("/tasks", "filter" to "entrypoint:mail", "action" to "requeue")
            val address = started.headers.getValue("Location").substringBefore('?')
            eventually(15.seconds) { client.get(address).text shouldContain "500 of 1,200 jobs are requeued." }
            client.post("$address/stop").status shouldBe 303
            eventually(15.seconds) { client.get(address).text shouldContain "It was stopped." }
            client.get(address).text shouldNotContain "It ended early"
        }
        backend.insights.countJobs(JobFilter(status = JobStatus.QUEUED)) shouldBe 500
    }

    test("a requeue whose dedupe key is taken is refused, and says which") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("mail") { dedupeKey = "doc:7" }
        backend.worker { entrypoint("mail", { retry = RetryPolicy.NONE }) { error("no") } }.run { mode = RunMode.DRAIN }
        backend.queue.enqueue("mail") { dedupeKey = "doc:7" }
        backend.shown { client ->
            client.post("/jobs/selected", "id" to "1", "action" to "requeue").run {
                status shouldBe 409
                text shouldContain "doc:7"
            }
        }
    }

    test("entrypoints and the whole queue are paused and resumed") {
        val backend = inMemoryBackend()
        backend.queue.enqueue("mail")
        backend.shown { client ->
            val paused = client.change(
                "/pause",
                "back" to "/entrypoints",
                "entrypoint" to "mail",
                "duration" to "2h",
                "reason" to "down",
            )
            paused.text shouldContain "mail is paused."
            paused.text shouldContain "Resume</button>"
            backend.insights.pauses().single().run {
                entrypoint shouldBe "mail"
                reason shouldBe "down"
                (until != null) shouldBe true
            }
            client.change("/pause", "entrypoint" to "", "duration" to "", "reason" to "")
            backend.insights.pauses().map { it.entrypoint } shouldContainExactly listOf(null, "mail")
            client.change("/resume", "back" to "/entrypoints").text shouldContain "The whole queue is resumed."
            client.change("/resume", "entrypoint" to "mail")
            client.post("/pause", "entrypoint" to "mail", "duration" to "soon").status shouldBe 400
        }
        backend.insights.pauses().shouldBeEmpty()
    }

    test("schedules are run now and removed") {
        val backend = inMemoryBackend()
        val worker = backend.worker { schedule("nightly", "0 2 * * *") { } }
        worker.run { mode = RunMode.DRAIN }
        val id = "${backend.schedules.list().single().id}"
        backend.shown { client ->
            val page = client.get("/schedules").text
            page shouldContain "0 2 * * *"
            page shouldContain "every day at 02:00"
            // The next run and four more.
            Regex("<time").findAll(page).count() shouldBe 5
            client.change("/schedules/run", "back" to "/schedules", "id" to id).text shouldContain
                "The schedule is due now."
            client.change("/schedules/remove", "back" to "/schedules", "id" to id).text shouldContain
                "The schedule is removed."
        }
        backend.schedules.list().shouldBeEmpty()
    }

    test("the next times of a schedule are in its zone, and marked as such") {
        val backend = inMemoryBackend()
        val worker = backend.worker { schedule("opening", "0 9 * * *", { zone = ZoneId.of("Asia/Tokyo") }) { } }
        worker.run { mode = RunMode.DRAIN }
        backend.shown { client ->
            val page = client.get("/schedules").text
            page shouldContain "Asia/Tokyo"
            val times = Regex("<time class=\"zoned\" datetime=\"([^\"]+)\"[^>]*>([^<]+)<").findAll(page).toList()
            times.size shouldBe 5
            for ((utc, shown) in times.map { it.destructured }) {
                utc shouldContain "T00:00:00Z"
                shown shouldBe utc.take(10) + " 09:00:00 +09:00"
            }
        }
    }

    test("schedules are paused and resumed, and a paused one needs attention") {
        val backend = inMemoryBackend()
        val worker = backend.worker { schedule("nightly", "0 2 * * *") { } }
        worker.run { mode = RunMode.DRAIN }
        val id = "${backend.schedules.list().single().id}"
        backend.shown { client ->
            val paused = client.change("/schedules/pause", "back" to "/schedules", "id" to id).text
            paused shouldContain "The schedule is paused."
            paused shouldContain "<span class=\"badge paused\">paused</span> since <time"
            paused shouldContain "Resume</button>"
            paused shouldNotContain "Run now"
            // Only that since when it is paused.
            Regex("<time").findAll(paused).count() shouldBe 1
            client.get("/").text shouldContain "schedule nightly (0 2 * * *) is paused"
            client.change("/schedules/run", "back" to "/schedules", "id" to id).text shouldContain
                "It is paused; resume it first."
            val resumed = client.change("/schedules/resume", "back" to "/schedules", "id" to id).text
            resumed shouldContain "The schedule is resumed."
            Regex("<time").findAll(resumed).count() shouldBe 5
            client.change("/schedules/resume", "back" to "/schedules", "id" to id).text shouldContain
                "It is gone, or was not paused."
        }
    }

    test("a reader sees everything and no button, and its changes are refused") {
        val backend = inMemoryBackend()
        backend.hold(2)
        backend.shown(DashboardRole.READ) { client ->
            for (path in PAGES + "/jobs/1") {
                withClue(path) {
                    client.get(path).text shouldNotContain
                        "method=\"post\"><input type=\"hidden\" name=\"back\""
                }
            }
            for (path in listOf(
                "/jobs/selected",
                "/tasks",
                "/pause",
                "/resume",
                "/schedules/run",
                "/schedules/pause",
                "/schedules/resume",
                "/schedules/remove",
            )) {
                withClue(path) {
                    client.post(path, "id" to "1", "action" to "dismiss", "filter" to "entrypoint:mail").status shouldBe
                        403
                }
            }
        }
        backend.insights.heldCounts() shouldBe mapOf("mail" to 2L)
        backend.insights.pauses().shouldBeEmpty()
    }

    test("a change from another site is refused") {
        val backend = inMemoryBackend()
        Dashboard(backend) { origins = setOf("https://proxy.example.org") }.use { dashboard ->
            val client = Client(dashboard)
            for (origin in listOf(
                null,
                "null",
                "https://evil.example.org",
                "https://${Client.HOST}.evil.org",
                "not an origin",
            )) {
                withClue(origin) { client.post("/pause", origin = origin).status shouldBe 403 }
            }
            backend.insights.pauses().shouldBeEmpty()
            for (origin in listOf("https://${Client.HOST}", "https://proxy.example.org")) {
                client.post("/pause", origin = origin).status shouldBe 303
            }
        }
    }

    test("a change leads back to a page of the dashboard, and to no other place") {
        val backend = inMemoryBackend()
        Dashboard(backend).use { dashboard ->
            val client = Client(dashboard, base = "/admin/queue")
            val wrong =
                listOf(
                    "https://evil.org",
                    "//evil.org",
                    "/\\evil.org",
                    "/x\r\nSet-Cookie: a=b",
                    "javascript:alert(1)",
                    "",
                )
            for (back in wrong) {
                withClue(back) {
                    client.post("/pause", "back" to back).headers.getValue("Location") shouldContain
                        Regex("^/admin/queue/\\?notice=")
                }
            }
            client.get("/").text shouldContain "href=\"/admin/queue/entrypoints\""
            client.get("/?notice=0").text shouldNotContain "class=\"notice\""
        }
    }

    test("a queue that cannot be read is told, with the status 503") {
        val backend = inMemoryBackend()
        backend.schema.uninstall()
        backend.shown { client ->
            val page = client.get("/jobs")
            page.status shouldBe 503
            page.text shouldContain "schema.install()"
        }
    }

    test("options out of their bounds are refused") {
        for (wrong in listOf<DashboardOptions.() -> Unit>({ title = " " }, { refreshEvery = 0.1.seconds })) {
            shouldThrow<IllegalArgumentException> { Dashboard(inMemoryBackend(), wrong) }
        }
    }
})
