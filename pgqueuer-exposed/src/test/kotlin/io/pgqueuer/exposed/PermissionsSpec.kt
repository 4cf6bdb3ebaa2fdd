package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.FailureRecord
import io.pgqueuer.LogLevel
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaException
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.port.Settlement
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Each role with the grants of docs/permissions.md, word for word, does its work and can do no more. */
class PermissionsSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val suffix = database.name.takeLast(SUFFIX)
    fun role(name: String) = "jobs_${name}_$suffix"

    /** The SQL of a section, for roles whose names no other test uses. */
    fun sqlOf(section: String): String = SECTION.findAll(File("../docs/permissions.md").readText())
        .single { it.groupValues[1] == section }.groupValues[2]
        .let { text -> SQL.findAll(text).joinToString("\n") { it.groupValues[1] } }
        .replace(Regex("jobs_(owner|producer|worker|reader)")) { role(it.groupValues[1]) }

    fun backendOf(name: String) = database.copy(user = role(name), password = "secret").backend {
        schema = "jobs"
        poolMaxSize = 2
    }

    suspend fun <T> asRole(name: String, block: suspend (PostgresBackend) -> T): T = backendOf(name).use { block(it) }

    suspend fun refused(block: suspend () -> Unit) {
        shouldThrow<SchemaException> { block() }.message shouldContain "grant the user what it needs"
    }

    beforeSpec {
        database.execute(sqlOf("The owner"))
        for (name in listOf("producer", "worker", "reader")) {
            database.execute("CREATE ROLE ${role(name)} LOGIN PASSWORD 'secret'")
        }
        asRole("owner") { it.schema.install() }
        database.copy(user = role("owner"), password = "secret").run {
            listOf("A producer", "A worker", "A reader").forEach { execute(sqlOf(it)) }
        }
    }

    test("the owner of a schema who may not create schemas installs, upgrades, changes and uninstalls") {
        asRole("owner") { backend ->
            database.text("SELECT has_database_privilege('${role("owner")}', current_database(), 'CREATE')") shouldBe
                "f"
            backend.schema.verify().shouldBeEmpty()
            database.execute("DROP INDEX jobs.pgqueuer_held")
            backend.schema.upgrade(PythonIndexes.ADD)
            backend.schema.upgrade(PythonIndexes.DROP)
            backend.schema.change(QueueProperties { logLevel = LogLevel.TERMINAL })
            backend.schema.change(QueueProperties.DEFAULT)
        }
        database.execute("CREATE SCHEMA other AUTHORIZATION ${role("owner")}")
        database.copy(user = role("owner"), password = "secret").backend {
            schema = "other"
            poolMaxSize = 1
        }.use {
            it.schema.install()
            it.schema.uninstall()
        }
    }

    test("a producer enqueues in every way, cancels and requeues, and cannot settle its log") {
        asRole("producer") { backend ->
            backend.schema.verify().shouldBeEmpty()
            val id = backend.queue.enqueue("e") { dedupeKey = "k" }
            backend.queue.enqueueAll(listOf(NewJob("e") { dedupeKey = "k" }), OnConflict.SKIP) shouldBe listOf(null)
            backend.queue.enqueueAll(List(COPIED) { NewJob("copied") }).size shouldBe COPIED
            backend.queue.cancel(listOf(id)) shouldBe setOf(id)
            backend.queue.clear("copied")
            backend.queue.pause("e")
            backend.queue.resume("e") shouldBe true
            backend.queue.heldJobs().shouldBeEmpty()
            refused { backend.insights.throughput(1.hours) }
            refused { backend.store.maintenance.aggregate(limit = 10) }
            refused { backend.schedules.list() }
            refused { backend.schema.uninstall() }
        }
    }

    test("a worker runs jobs and schedules, counts and prunes, and cannot change the schema") {
        asRole("worker") { backend ->
            repeat(3) { backend.queue.enqueue("w") }
            val leases = backend.claim(ClaimTarget("w"), limited("v", 1)).jobs.map { it.lease }
            backend.store.jobs.renew(leases).held.size shouldBe 3
            val record = FailureRecord(1, Instant.fromEpochSeconds(0), "t", "m", "s")
            val outcomes = listOf(Outcome.Succeeded, Outcome.Retried(Duration.ZERO, record), Outcome.Held(record))
            backend.store.jobs.settle(leases.zip(outcomes) { lease, outcome -> Settlement(lease, outcome) })
                .size shouldBe 3
            backend.queue.requeue(backend.queue.heldJobs().map { it.job.id }).size shouldBe 1

            val report = ScheduleTarget("report", "* * * * *", "UTC", cleanOld = true) { now, _ -> now + 1.minutes }
            backend.store.schedules.register(listOf(report), 30.seconds)
            database.execute("UPDATE jobs.pgqueuer_schedules SET next_run = now()")
            val run = backend.store.schedules.claim(listOf(report), 30.seconds).runs.single()
            backend.store.schedules.complete(run.lease) shouldBe true
            backend.schedules.remove(listOf(run.schedule.id))

            for (limit in listOf(1, 2, null)) backend.store.limits.declare(mapOf("v" to limit)) shouldBe null
            backend.store.maintenance.aggregate(limit = 100_000)
            backend.store.maintenance.prune(30.days, after = 0, limit = 100)
            refused { backend.queue.pause("e") }
            refused { backend.schema.uninstall() }
            refused { backend.schema.change(QueueProperties { logLevel = LogLevel.TERMINAL }) }
        }
    }

    test("a reader sees everything, and changes nothing") {
        asRole("reader") { backend ->
            backend.schema.properties() shouldBe QueueProperties.DEFAULT
            backend.insights.queueSize()
            backend.insights.throughput(1.hours)
            backend.insights.runTimes(1.hours)
            backend.insights.activeWorkers()
            backend.insights.staleJobs(30.seconds)
            backend.insights.heldJobs()
            backend.insights.tableSizes().shouldNotBeEmpty()
            backend.insights.pauses().shouldBeEmpty()
            backend.insights.backlog()
            backend.schedules.list()
            refused { backend.queue.enqueue("e") }
            refused { backend.claim(ClaimTarget("e")) }
            refused { backend.schema.uninstall() }
        }
    }
})

private val SECTION =
    Regex("""^## (.+?)\n(.*?)(?=^## |\z)""", setOf(RegexOption.MULTILINE, RegexOption.DOT_MATCHES_ALL))
private val SQL = Regex("""```sql\n(.*?)```""", RegexOption.DOT_MATCHES_ALL)

/** So many jobs are streamed by COPY. */
private const val COPIED = 10_000

private const val SUFFIX = 12
