package io.pgqueuer.cli.mcp

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.doubles.shouldBeBetween
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.Worker
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.counting
import io.pgqueuer.cli.execute
import io.pgqueuer.cli.holding
import io.pgqueuer.cli.pgq
import io.pgqueuer.cli.query
import io.pgqueuer.cli.shouldBeAnError
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

private val READING = listOf(
    "status", "backlog", "throughput", "run_times", "workers", "schedules", "pauses", "tables", "schema",
    "jobs", "count_jobs", "job", "failed_jobs", "failure_types", "stale_jobs", "log",
)

private val ACTING = listOf("requeue_jobs", "run_jobs_now", "cancel_jobs", "dismiss_jobs", "pause", "resume")

class McpSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }

    fun newQueue() = Queue(server.newDatabase())

    suspend fun <T> Queue.use(block: suspend (Backend) -> T): T =
        postgresBackend(PostgresSettings.parse(database.dsn)).use { block(it) }

    suspend fun serving(queue: Queue, vararg options: String, test: suspend (McpProcess) -> Unit) =
        McpProcess.start(queue, *options).use { test(it) }

    suspend fun Queue.enqueue(entrypoint: String, payload: String? = null, configure: NewJob.() -> Unit = {}): Long =
        use { it.queue.enqueue(entrypoint, payload?.encodeToByteArray(), configure).value }

    suspend fun Queue.drain(worker: (Backend) -> Worker) {
        use { worker(it).run { mode = RunMode.DRAIN } }
    }

    fun Queue.objects(vararg arguments: String): List<JsonObject> =
        pgq(*arguments, "--json").out.trim().lines().map { Json.parseToJsonElement(it).jsonObject }

    /** Enqueues jobs that fail and are held, and returns their ids. */
    suspend fun Queue.hold(count: Int): List<Long> {
        val ids = List(count) { enqueue("breaks", "secret payload") }
        drain(::holding)
        return ids
    }

    test("it says who it is, lists only what reads, and each tool with the schema of its arguments") {
        serving(newQueue()) { mcp ->
            mcp.client.serverVersion?.name shouldBe "pgqueuer"
            pgq("--version").out shouldContain "pgq ${mcp.client.serverVersion?.version}\n"
            mcp.client.serverInstructions.shouldNotBeNull() shouldContain "Nothing can be changed"

            val tools = mcp.client.listTools().tools
            tools.map { it.name } shouldContainExactly READING
            tools.all { it.annotations?.readOnlyHint == true } shouldBe true
            val jobs = tools.single { it.name == "jobs" }.inputSchema.properties.shouldNotBeNull()
            jobs.keys shouldBe setOf("filter", "limit", "after")
            val limit = jobs.getValue("limit").jsonObject
            listOf("type", "minimum", "maximum", "default").map(limit::text) shouldBe
                listOf("integer", "1", "1000", "100")
            val log = tools.single { it.name == "log" }.inputSchema.properties.shouldNotBeNull()
            log.keys shouldBe setOf("filter", "limit", "before")
            tools.single { it.name == "job" }.inputSchema.required shouldBe listOf("id")
        }
    }

    test("with --allow-actions, it also lists what changes the queue, marked as such") {
        serving(newQueue(), "--allow-actions") { mcp ->
            val tools = mcp.client.listTools().tools.associateBy { it.name }
            tools.keys.toList() shouldContainExactly READING + ACTING
            fun hints(tool: String) = tools.getValue(tool).annotations.shouldNotBeNull().run {
                listOf(readOnlyHint, destructiveHint, idempotentHint, openWorldHint)
            }
            hints("status") shouldBe listOf(true, false, true, false)
            hints("requeue_jobs") shouldBe listOf(false, false, false, false)
            hints("run_jobs_now") shouldBe listOf(false, false, false, false)
            hints("cancel_jobs") shouldBe listOf(false, true, true, false)
            hints("dismiss_jobs") shouldBe listOf(false, true, true, false)
            hints("pause") shouldBe listOf(false, false, false, false)
            hints("resume") shouldBe listOf(false, false, true, false)
            val ids = tools.getValue("cancel_jobs").inputSchema
            ids.required shouldBe listOf("ids")
            ids.properties.shouldNotBeNull().getValue("ids").jsonObject.text("maxItems") shouldBe "100"
            mcp.client.serverInstructions.shouldNotBeNull() shouldContain "ask the user"
        }
    }

    test("the tools for the whole queue show what the commands show") {
        val queue = newQueue()
        queue.hold(2)
        repeat(3) { queue.enqueue("mail") }
        queue.enqueue("report") { delay = 1.hours }
        queue.database.execute(
            "UPDATE pgqueuer SET execute_after = now() - interval '90 s' WHERE entrypoint = 'mail'",
        )
        val worker = "00000000-0000-0000-0000-000000000007"
        queue.database.execute(
            "UPDATE pgqueuer SET status = 'picked', queue_manager_id = '$worker', " +
                "heartbeat = now() - interval '1 min' WHERE id = (SELECT min(id) FROM pgqueuer WHERE entrypoint = 'mail')",
        )
        queue.database.execute(
            "INSERT INTO pgqueuer_schedules (expression, entrypoint, zone, paused_at) " +
                "VALUES ('0 3 * * *', 'nightly', 'Europe/Berlin', '2030-01-02 03:00:00Z')",
        )
        queue.use { it.queue.pause("report") { reason = "the printer burns" } }

        serving(queue) { mcp ->
            val status = mcp.call("status")
            status.json.keys shouldBe queue.objects("status").single().keys
            listOf("queued", "due", "running", "held", "failed_1h", "workers", "schedules", "paused")
                .map(status.json::text) shouldBe listOf("3", "2", "1", "2", "2", "1", "1", "report")
            status.text.lines().first().split(Regex(" +")) shouldBe listOf("queued", "3")

            val backlog = mcp.rows("backlog")
            backlog.column("entrypoint") shouldBe listOf("breaks", "mail", "report")
            backlog.column("queued") shouldBe listOf("0", "2", "1")
            backlog.column("held") shouldBe listOf("2", "0", "0")
            backlog.column("paused") shouldBe listOf("false", "false", "true")
            backlog[1].getValue("overdue").jsonPrimitive.double.shouldBeBetween(90.0, 600.0, 0.0)
            mcp.rows("backlog", "entrypoint" to "report").column("entrypoint") shouldBe listOf("report")

            val throughput = mcp.rows("throughput", "window" to "10m", "entrypoint" to "breaks")
            throughput.associate { it.text("status") to it.text("count") } shouldBe
                mapOf("queued" to "2", "picked" to "2", "failed" to "2")
            mcp.rows("run_times", "entrypoint" to "breaks").single().run {
                text("runs") shouldBe "2"
                getValue("run_p99").jsonPrimitive.double.shouldBeBetween(0.0, 60.0, 0.0)
            }

            mcp.rows("workers").single().run {
                text("worker") shouldBe worker
                text("jobs") shouldBe "1"
                getValue("heartbeat_age").jsonPrimitive.double.shouldBeBetween(60.0, 600.0, 0.0)
            }
            mcp.rows("stale_jobs", "age" to "30s") shouldBe queue.objects("stale", "--age", "30s")
            mcp.rows("stale_jobs", "age" to "2h") shouldBe emptyList()
            mcp.rows("schedules") shouldBe queue.objects("schedules")
            mcp.rows("schedules").single().run {
                text("zone") shouldBe "Europe/Berlin"
                text("paused_since") shouldBe "2030-01-02T03:00:00Z"
            }
            mcp.rows("pauses") shouldBe queue.objects("pauses")
            mcp.rows("tables").run {
                column("table") shouldBe listOf(
                    "pgqueuer",
                    "pgqueuer_log",
                    "pgqueuer_statistics",
                    "pgqueuer_schedules",
                    "pgqueuer_pauses",
                    "pgqueuer_limits",
                )
                first().getValue("size").jsonPrimitive.long shouldBeGreaterThan 8_000
            }

            mcp.call("schema").run {
                json.text("version") shouldBe mcp.client.serverVersion?.version
                json.getValue("differences").jsonArray.size shouldBe 0
            }
            queue.database.execute("ALTER TABLE pgqueuer_log ALTER COLUMN created DROP DEFAULT")
            mcp.call("schema").json.getValue("differences").jsonArray.map { it.jsonObject } shouldBe
                queue.objects("verify")
        }
    }

    test("jobs are found, counted, grouped by failure, and shown with their log, as the commands show them") {
        val queue = newQueue()
        val held = queue.hold(3)
        val mails = List(2) {
            queue.enqueue("mail") {
                priority = it
                header("tenant", "acme")
            }
        }
        val done = queue.enqueue("count")
        queue.drain(::counting)

        serving(queue) { mcp ->
            mcp.rows("jobs") shouldBe queue.objects("jobs")
            mcp.rows("jobs", "filter" to "entrypoint:mail header.tenant:acme priority:1").column("id") shouldBe
                listOf("${mails[1]}")
            mcp.rows("failed_jobs", "entrypoint" to "breaks") shouldBe queue.objects("failed")
            mcp.call("count_jobs", "filter" to "status:failed").json shouldBe
                JsonObject(mapOf("jobs" to JsonPrimitive(3), "or_more" to JsonPrimitive(false)))
            mcp.call("count_jobs", "at_most" to 2).json.run {
                text("jobs") shouldBe "2"
                text("or_more") shouldBe "true"
            }

            val type = mcp.rows("failure_types").single()
            listOf("entrypoint", "failure", "jobs", "first_id", "last_id").map(type::text) shouldBe
                listOf("breaks", "java.lang.IllegalStateException", "3", "${held.first()}", "${held.last()}")
            type.text("last_message") shouldBe "broken\nin two lines"
            mcp.rows("jobs", "filter" to type.text("filter")).column("id") shouldBe held.map { "$it" }

            mcp.call("job", "id" to held[0]).run {
                json shouldBe queue.objects("job", "${held[0]}").single()
                json.getValue("job").jsonObject.text("payload_bytes") shouldBe "14"
                json.text("stack_trace") shouldContain "at io.pgqueuer.cli.TestWorkersKt"
                text shouldContain "at io.pgqueuer.cli.TestWorkersKt"
            }
            mcp.call("job", "id" to "$done", "limit" to 1).run {
                json["job"] shouldBe JsonNull
                json.getValue("log").jsonArray.map { it.jsonObject.text("status") } shouldBe listOf("successful")
                text shouldStartWith "job $done has ended"
            }
            val failures = queue.objects("log", "--entrypoint", "breaks", "--status", "failed")
            mcp.rows("log", "filter" to "entrypoint:breaks status:failed") shouldBe failures
            mcp.rows("log", "filter" to "failure:IllegalStateException") shouldBe failures
            mcp.rows("log", "filter" to "priority:1").column("job") shouldBe listOf("${mails[1]}")
        }
    }

    test("an unknown entrypoint is an empty answer, and so is an empty queue") {
        serving(newQueue()) { mcp ->
            for (tool in listOf("backlog", "throughput", "run_times", "failed_jobs", "failure_types")) {
                withClue(tool) { mcp.rows(tool, "entrypoint" to "nosuch") shouldBe emptyList() }
            }
            mcp.rows("log", "filter" to "entrypoint:nosuch") shouldBe emptyList()
            mcp.call("jobs", "filter" to "entrypoint:nosuch").text shouldBe "There is nothing."
            for (tool in READING - "job" - "count_jobs") mcp.call(tool)
        }
    }

    test("an answer ends at its limit, and says how to go on") {
        val queue = newQueue()
        val ids = List(5) { queue.enqueue("e$it") }
        serving(queue) { mcp ->
            val first = mcp.call("jobs", "limit" to 2)
            first.json.getValue("rows").jsonArray.map { it.jsonObject }.column("id") shouldBe ids.take(2).map { "$it" }
            first.json.getValue("more").jsonPrimitive.boolean shouldBe true
            first.json.getValue("next") shouldBe JsonObject(mapOf("after" to JsonPrimitive(ids[1])))
            first.text shouldContain "call it again with after ${ids[1]}"
            val last = mcp.call("jobs", "limit" to 4, "after" to ids[1])
            last.json.getValue("rows").jsonArray.size shouldBe 3
            last.json.getValue("more").jsonPrimitive.boolean shouldBe false
            last.json.getValue("next") shouldBe JsonNull

            val newest = mcp.call("log", "limit" to 2)
            val before = newest.json.getValue("next").jsonObject.text("before")
            newest.json.getValue("rows").jsonArray.map { it.jsonObject }.run {
                column("entrypoint") shouldBe listOf("e3", "e4")
                first().text("id") shouldBe before
            }
            mcp.rows("log", "limit" to 2, "before" to before).column("entrypoint") shouldBe listOf("e1", "e2")

            mcp.call("backlog", "limit" to 4).run {
                json.getValue("rows").jsonArray.size shouldBe 4
                json.getValue("more").jsonPrimitive.boolean shouldBe true
                text shouldContain "4 of 5"
            }
        }
    }

    test("long texts are cut, in listings more than in the view of one job") {
        val queue = newQueue()
        val id = queue.enqueue("e") { dedupeKey = "k".repeat(1_500) }
        serving(queue) { mcp ->
            mcp.rows("jobs").single().text("dedupe_key") shouldBe "k".repeat(1_000) + "… (500 characters more)"
            mcp.call("job", "id" to id).json.getValue("job").jsonObject.text("dedupe_key") shouldBe "k".repeat(1_500)
        }
    }

    test("wrong arguments are errors that name the value and the fix, change nothing, and the server goes on") {
        val queue = newQueue()
        val id = queue.enqueue("mail")
        serving(queue, "--allow-actions") { mcp ->
            suspend fun wrong(tool: String, vararg arguments: Pair<String, Any?>, says: String) =
                withClue("$tool ${arguments.toList()}") { mcp.error(tool, *arguments) shouldContain says }

            for (limit in listOf(0, -1, 1_001, 1.5, "many", true, listOf(1))) {
                wrong("jobs", "limit" to limit, says = "'limit': it must be a whole number from 1 to 1000, was")
            }
            wrong("jobs", "limit" to -1, says = "was -1")
            wrong("jobs", "filter" to "colour:red", says = "'colour' is no condition")
            wrong("jobs", "filter" to 7, says = "argument 'filter': it must be a text in quotes, was 7")
            wrong("jobs", "limt" to 7, says = "there is no argument 'limt'; there are filter, limit, after")
            wrong("status", "limit" to 7, says = "there is no argument 'limit'; there are none")
            wrong("job", says = "argument 'id': it is required")
            for (malformed in listOf("12a", -3, 0, 1.5, "", "99999999999999999999", "1; DROP TABLE pgqueuer")) {
                wrong("job", "id" to malformed, says = "is no id; write it as in 117")
            }
            wrong("job", "id" to id + 1, says = "there is no job ${id + 1} in the queue")
            wrong("throughput", "window" to "10", says = "argument 'window': '10' is no duration")
            wrong("throughput", "window" to "-5m", says = "it must be more than 0s and at most 366d, was -5m")
            wrong("run_times", "window" to "400d", says = "at most 366d, was 400d")
            wrong(
                "log",
                "filter" to "status:broken",
                says = "'broken' in 'status:broken' is not one of: queued, picked",
            )
            wrong("log", "filter" to "age:1h", says = "'age' is no condition of a filter")
            wrong("cancel_jobs", says = "argument 'ids': it is required")
            wrong("cancel_jobs", "ids" to emptyList<Long>(), says = "it must name 1 to 100 jobs, was a list of 0")
            wrong("cancel_jobs", "ids" to (1..101).toList(), says = "was a list of 101")
            wrong("cancel_jobs", "ids" to listOf(id, "all"), says = "\"all\" is no id")
            wrong("cancel_jobs", "ids" to listOf(id), "filter" to "entrypoint:mail", says = "no argument 'filter'")
            wrong("pause", says = "name an entrypoint or the queue")
            wrong("pause", "entrypoint" to "mail", "queue" to "pgqueuer", says = "one of the two")
            wrong("pause", "queue" to "all", says = "this queue is not 'all', its name is 'pgqueuer'")
            wrong("pause", "entrypoint" to " ", says = "entrypoint")
            wrong("pause", "entrypoint" to "mail", "for" to "0s", says = "argument 'for': it must be more than 0s")
            wrong("pause", "entrypoint" to "mail", "reason" to "r".repeat(501), says = "reason")
            wrong("nosuch", says = "there is no tool 'nosuch'; there are status, backlog")

            queue.statuses() shouldBe listOf("queued")
            mcp.rows("pauses") shouldBe emptyList()
            mcp.rows("jobs").column("id") shouldBe listOf("$id")
        }
    }

    test("without --allow-actions, nothing is changed, and the answer says how to allow it") {
        val queue = newQueue()
        val ids = queue.hold(1)
        serving(queue) { mcp ->
            for (tool in listOf("requeue_jobs", "run_jobs_now", "cancel_jobs", "dismiss_jobs")) {
                mcp.error(tool, "ids" to ids) shouldContain "--allow-actions"
            }
            for (tool in listOf("pause", "resume")) {
                mcp.error(tool, "entrypoint" to "breaks") shouldContain
                    "--allow-actions"
            }
            queue.statuses() shouldBe listOf("failed")
            mcp.rows("pauses") shouldBe emptyList()
        }
    }

    test("jobs are requeued, dismissed and cancelled by their ids alone, and the answer says what was not") {
        val queue = newQueue()
        val held = queue.hold(4)
        val waiting = queue.enqueue("mail")
        val done = queue.enqueue("count")
        queue.drain(::counting)
        fun statusOf(id: Long) = queue.database.query("SELECT status FROM pgqueuer WHERE id = $id").singleOrNull()

        serving(queue, "--allow-actions") { mcp ->
            val requeued = mcp.call("requeue_jobs", "ids" to listOf(held[0], "${held[1]}", waiting, done, 987_654))
            requeued.json.getValue("changed").jsonArray.map { it.jsonPrimitive.long } shouldBe held.take(2)
            requeued.json.getValue("unchanged").jsonArray.map { it.jsonObject }.associate {
                it.text("id").toLong() to it.text("reason")
            } shouldBe mapOf(
                waiting to "it is in the queue as queued",
                done to "it is not in the queue; its last status was successful",
                987_654L to "there is no such job",
            )
            requeued.text shouldStartWith "changed: ${held[0]}, ${held[1]}\n"
            held.map(::statusOf) shouldBe listOf("queued", "queued", "failed", "failed")
            statusOf(waiting) shouldBe "queued"

            val later = queue.enqueue("mail") { delay = 2.hours }
            mcp.call("run_jobs_now", "ids" to listOf(later, waiting)).json.getValue("changed").jsonArray
                .map { it.jsonPrimitive.long } shouldBe listOf(later)
            mcp.call("cancel_jobs", "ids" to listOf(later))

            mcp.call("dismiss_jobs", "ids" to listOf(held[2], held[0])).json.run {
                getValue("changed").jsonArray.single().jsonPrimitive.long shouldBe held[2]
                getValue("unchanged").jsonArray.single().jsonObject.text("reason") shouldBe
                    "it is in the queue as queued"
            }
            held.map(::statusOf) shouldBe listOf("queued", "queued", null, "failed")

            mcp.call("cancel_jobs", "ids" to listOf(waiting, held[3])).json.run {
                getValue("changed").jsonArray.single().jsonPrimitive.long shouldBe waiting
                getValue("unchanged").jsonArray.single().jsonObject.text("reason") shouldBe
                    "it is in the queue as failed"
            }
            statusOf(waiting) shouldBe null
            held.map(::statusOf) shouldBe listOf("queued", "queued", null, "failed")
            mcp.call("dismiss_jobs", "ids" to listOf(held[3])).text shouldContain "unchanged:\nnone"
        }
    }

    test("a requeue whose dedupe key is taken changes none of its jobs") {
        val queue = newQueue()
        val ids = List(2) { queue.enqueue("breaks") { dedupeKey = "k$it" } }
        queue.drain(::holding)
        queue.enqueue("other") { dedupeKey = "k1" }
        serving(queue, "--allow-actions") { mcp ->
            mcp.error("requeue_jobs", "ids" to ids) shouldContain "'k1'"
            queue.statuses() shouldBe listOf("failed", "failed", "queued")
        }
    }

    test("an entrypoint and the queue are paused and resumed by their exact names") {
        val queue = newQueue()
        queue.enqueue("mail")
        serving(queue, "--allow-actions") { mcp ->
            mcp.call("pause", "entrypoint" to "mail", "for" to "2h", "reason" to "down").run {
                json.text("entrypoint") shouldBe "mail"
                json shouldBe queue.objects("pauses").single()
                text shouldNotContain "check the name"
            }
            mcp.call("pause", "entrypoint" to "mial").text shouldContain "There is no job of 'mial' in the queue now"
            mcp.call("pause", "queue" to "pgqueuer").json["entrypoint"] shouldBe JsonNull

            mcp.call("resume", "queue" to "pgqueuer").json.run {
                text("resumed") shouldBe "true"
                getValue("still_paused").jsonArray.map { it.jsonObject }.column("entrypoint") shouldBe
                    listOf("mail", "mial")
            }
            mcp.call("resume", "entrypoint" to "mail").json.text("resumed") shouldBe "true"
            mcp.call("resume", "entrypoint" to "mail").run {
                json.text("resumed") shouldBe "false"
                text shouldContain "was not paused"
            }
            queue.objects("pauses").column("entrypoint") shouldBe listOf("mial")
        }
    }

    test("a user of the database who can only read sees all, and the database refuses actions") {
        val queue = newQueue()
        val ids = queue.hold(1)
        val reader = "reader_${queue.database.name}"
        queue.database.execute(
            "CREATE ROLE $reader LOGIN PASSWORD 'look'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO $reader",
        )
        try {
            val builder = queue.builder("mcp", "--allow-actions").apply {
                environment()["PGQUEUER_DSN"] =
                    queue.database.run { "postgresql://$reader:look@$host:$port/$name" }
            }
            McpProcess.start(builder).use { mcp ->
                for (tool in READING - "job") mcp.call(tool)
                mcp.call("job", "id" to ids[0])
                mcp.error("requeue_jobs", "ids" to ids) shouldContain "permission denied"
                queue.statuses() shouldBe listOf("failed")
            }
        } finally {
            queue.database.execute("DROP OWNED BY $reader; DROP ROLE $reader")
        }
    }

    test("payloads are shown only with --show-payloads") {
        val queue = newQueue()
        val text = queue.enqueue("mail", "secret\nin two lines")
        val bytes = queue.enqueue("mail")
        queue.database.execute("UPDATE pgqueuer SET payload = '\\xff00ff' WHERE id = $bytes")
        val none = queue.enqueue("mail")
        serving(queue) { mcp ->
            for (tool in READING - "job" - "count_jobs") mcp.call(tool)
            mcp.call("job", "id" to text).json.getValue("job").jsonObject.run {
                text("payload_bytes") shouldBe "19"
                keys shouldBe queue.objects("job", "$text").single().getValue("job").jsonObject.keys
            }
            mcp.error("jobs", "filter" to "payload:secret") shouldContain "must not have payload conditions"
            mcp.error("count_jobs", "filter" to "payload:secret") shouldContain "--show-payloads"
            mcp.filterHelp() shouldNotContain "payload"
            mcp.out shouldNotContain "secret\\n"
        }
        serving(queue, "--show-payloads") { mcp ->
            mcp.filterHelp() shouldContain "payload.customer.id:42"
            mcp.rows("jobs", "filter" to "payload:secret").column("id") shouldBe listOf("$text")
            suspend fun job(id: Long) = mcp.call("job", "id" to id)
            job(text).run {
                json.getValue("job").jsonObject.text("payload") shouldBe "secret\nin two lines"
                this.text shouldContain "payload:\nsecret\nin two lines"
            }
            job(bytes).json.getValue("job").jsonObject.run {
                text("payload") shouldBe "/wD/"
                text("payload_encoding") shouldBe "base64"
            }
            job(none).json.getValue("job").jsonObject["payload"] shouldBe JsonNull
        }
    }

    test("ids above 2^53 stay exact, as numbers and as text") {
        val queue = newQueue()
        val large = (1L shl 53) + 1
        queue.database.execute("SELECT setval(pg_get_serial_sequence('pgqueuer', 'id'), $large, false)")
        queue.enqueue("mail") shouldBe large
        serving(queue, "--allow-actions") { mcp ->
            mcp.rows("jobs").single().getValue("id").jsonPrimitive.long shouldBe large
            mcp.call("jobs").text shouldContain "$large"
            mcp.rows("jobs", "after" to large).size shouldBe 0
            for (id in listOf(large, "$large")) {
                mcp.call("job", "id" to id).json.getValue("job").jsonObject.text("id") shouldBe "$large"
            }
            mcp.call("cancel_jobs", "ids" to listOf("$large")).text shouldStartWith "changed: $large\n"
        }
    }

    test("calls at the same time work, also on a pool of one connection") {
        val queue = newQueue()
        val ids = List(3) { queue.enqueue("mail") }
        val process = queue.builder("mcp").apply { environment()["PGQUEUER_POOL_MAX_SIZE"] = "1" }
        McpProcess.start(process).use { mcp ->
            coroutineScope {
                val counts = List(40) { async { mcp.call("count_jobs").json.text("jobs") } }
                val statuses = List(10) { async { mcp.call("status").json.text("queued") } }
                val jobs = ids.map { id ->
                    async { mcp.call("job", "id" to id).json.getValue("job").jsonObject.text("id") }
                }
                counts.awaitAll().toSet() shouldBe setOf("3")
                statuses.awaitAll().toSet() shouldBe setOf("3")
                jobs.awaitAll() shouldBe ids.map { "$it" }
            }
        }
    }

    test("a lost database is an error of the call, without a password, and the next one works once it is back") {
        val queue = newQueue()
        queue.enqueue("mail")
        val database = queue.database
        fun allow(connections: Boolean) =
            server.database.execute("ALTER DATABASE \"${database.name}\" ALLOW_CONNECTIONS $connections")
        serving(queue, "--allow-actions") { mcp ->
            mcp.rows("jobs").size shouldBe 1
            allow(false)
            try {
                server.database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database.name}'",
                )
                val said = mcp.error("jobs") + mcp.error("status") + mcp.error("requeue_jobs", "ids" to listOf(1))
                said shouldContain "not currently accepting connections"
                said shouldContain "look before you try again"
                said shouldNotContain database.password
                said shouldNotContain "postgresql://"
            } finally {
                allow(true)
            }
            eventually(30.seconds) { mcp.rows("jobs").size shouldBe 1 }
        }
    }

    test("stdout has protocol messages alone, and a closed stdin ends it with 0") {
        val queue = newQueue()
        queue.hold(1)
        serving(queue, "--allow-actions") { mcp ->
            mcp.client.listTools()
            for (tool in READING) mcp.client.callTool(tool, emptyMap())
            mcp.error("nosuch")
            mcp.end() shouldBe 0
            val messages = mcp.out.trim().lines().map { Json.parseToJsonElement(it).jsonObject }
            messages.size shouldBe 3 + READING.size
            messages.map { it.text("jsonrpc") }.toSet() shouldBe setOf("2.0")
            mcp.err.shouldBeEmpty()
        }
    }

    test("SIGTERM and SIGINT end it with 0") {
        val queue = newQueue()
        for (signal in listOf("TERM", "INT")) {
            serving(queue) { mcp ->
                mcp.call("status")
                mcp.signal(signal) shouldBe 0
                mcp.err shouldBe "SIG$signal: stopping\n"
            }
        }
    }

    test("a line that is no message is left out, and the server goes on") {
        val queue = newQueue()
        queue.pgq("mcp", stdin = "{broken\n\nhello\n{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n").run {
            exitCode shouldBe 0
            out.trim().lines().map { Json.parseToJsonElement(it).jsonObject.text("id") } shouldBe listOf("7")
        }
    }

    test("a queue that cannot be read at the start is an error on stderr") {
        val database = server.newDatabase()
        pgq("mcp", environment = mapOf("PGQUEUER_DSN" to database.dsn)).shouldBeAnError("pgq install")
        pgq("mcp", environment = mapOf("PGQUEUER_DSN" to "postgresql://ann:Sesame7@127.0.0.1:1/none")).run {
            shouldBeAnError("127.0.0.1:1")
            err shouldNotContain "Sesame7"
        }
    }
})

/** What the tool `jobs` says about its filter. */
private suspend fun McpProcess.filterHelp(): String = client.listTools().tools.single { it.name == "jobs" }
    .inputSchema.properties.shouldNotBeNull().getValue("filter").jsonObject
    .getValue("description").jsonPrimitive.content
