package io.pgqueuer.cli.act

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.cli.Queue
import io.pgqueuer.cli.execute
import io.pgqueuer.test.PostgresFixture
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

class PauseSpec : FunSpec({
    val server = PostgresFixture.start()
    afterSpec { server.close() }
    val queue = Queue(server.newDatabase())

    fun drain() = queue.pgq("run", "io.pgqueuer.cli.TestWorkersKt::echoing", "--mode", "drain")

    beforeTest { queue.database.execute("TRUNCATE pgqueuer, pgqueuer_pauses") }

    test("workers leave a paused entrypoint, everything shows it, and they run its jobs once it is resumed") {
        queue.pgq("queue", "echo", "hello").exitCode shouldBe 0
        val paused = queue.pgq("pause", "echo", "mail", "--for", "2h", "--reason", "the provider is down", "--json")
        paused.exitCode shouldBe 0
        val rows = paused.out.trim().lines().map { Json.parseToJsonElement(it).jsonObject }
        rows.map { it["entrypoint"] } shouldBe listOf(JsonPrimitive("echo"), JsonPrimitive("mail"))
        rows.forEach {
            it["reason"] shouldBe JsonPrimitive("the provider is down")
            val lasts = Instant.parse((it["until"] as JsonPrimitive).content) -
                Instant.parse((it["since"] as JsonPrimitive).content)
            ((lasts - 2.hours).absoluteValue < 1.seconds) shouldBe true
        }

        drain().exitCode shouldBe 0
        queue.statuses() shouldBe listOf("queued")
        queue.pgq("pauses").out shouldContain "the provider is down"
        queue.pgq("status").out shouldContain Regex("paused +echo, mail")
        val backlog = Json.parseToJsonElement(queue.pgq("backlog", "--json").out.trim()).jsonObject
        backlog["paused"] shouldBe JsonPrimitive(true)
        queue.pgq("dashboard").out shouldContain "paused: echo, mail"

        val resumed = queue.pgq("resume", "echo", "mail")
        resumed.out shouldBe "echo\nmail\n"
        resumed.exitCode shouldBe 0
        drain().exitCode shouldBe 0
        queue.statuses() shouldBe emptyList()
        queue.pgq("pauses").run {
            out shouldBe ""
            err shouldContain "nothing is paused"
            exitCode shouldBe 0
        }
        queue.pgq("dashboard").out shouldNotContain "paused"
    }

    test("the whole queue is paused and resumed, and what stays paused is said") {
        queue.pgq("queue", "echo", "hello").exitCode shouldBe 0
        queue.pgq("pause", "mail").exitCode shouldBe 0
        queue.pgq("pause", "--all").out shouldContain "the whole queue"
        drain().exitCode shouldBe 0
        queue.statuses() shouldBe listOf("queued")
        val rows = queue.pgq("pauses", "--json").out.trim().lines().map { Json.parseToJsonElement(it).jsonObject }
        rows.map { it["entrypoint"] } shouldBe listOf(JsonNull, JsonPrimitive("mail"))
        rows.map { it["until"] } shouldBe listOf(JsonNull, JsonNull)

        queue.pgq("pause", "echo").exitCode shouldBe 0
        queue.pgq("resume", "echo").run {
            exitCode shouldBe 0
            err shouldContain "pgq resume --all"
        }
        queue.pgq("resume", "--all").run {
            exitCode shouldBe 0
            err shouldContain "still paused: mail"
        }
        drain().exitCode shouldBe 0
        queue.statuses() shouldBe emptyList()
    }

    test("what cannot be paused or resumed is refused, and nothing is changed") {
        fun refused(exitCode: Int, says: String, vararg arguments: String) = queue.pgq(*arguments).run {
            err shouldContain says
            out shouldBe ""
            this.exitCode shouldBe exitCode
        }
        refused(2, "name the entrypoints, or use --all", "pause")
        refused(2, "name the entrypoints, or use --all", "resume")
        refused(2, "not both", "pause", "mail", "--all")
        refused(2, "not both", "pause", "mail", "--for", "1h", "--until", "2100-01-01T00:00:00Z")
        refused(2, "'tomorrow' is no time", "pause", "mail", "--until", "tomorrow")
        refused(1, "entrypoint must not be blank", "pause", "mail", " ")
        refused(1, "in the future", "pause", "mail", "--until", "2020-01-01T00:00:00Z")
        refused(1, "duration must be > 0", "pause", "mail", "--for", "0s")
        refused(1, "reason must be", "pause", "mail", "--reason", " ")
        refused(1, "not paused, and so not resumed: mail", "resume", "mail")
        refused(1, "the whole queue is not paused", "resume", "--all")
        queue.pgq("pauses").out shouldBe ""
    }
})
