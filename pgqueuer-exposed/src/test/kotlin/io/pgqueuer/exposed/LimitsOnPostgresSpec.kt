package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.RunMode
import io.pgqueuer.SchemaException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope

class LimitsOnPostgresSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val role = "worker_with_limits_${database.name.takeLast(12)}"

    suspend fun declare(vararg limits: Pair<String, Int?>) = backend.store.limits.declare(mapOf(*limits))

    fun rows() = database.texts("SELECT concat_ws(' ', entrypoint, concurrency_limit) FROM pgqueuer_limits ORDER BY 1")

    /** Changes with each write of a row. */
    fun versions() = database.texts("SELECT concat_ws(' ', ctid, xmin, declared) FROM pgqueuer_limits ORDER BY 1")

    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer, pgqueuer_limits") }

    test("only what differs is written") {
        declare("a" to 1, "b" to 2, "free" to null)
        val before = versions()
        declare("a" to 1, "free" to null)
        versions() shouldContainExactly before
        declare("a" to 1, "b" to 3)
        rows() shouldContainExactly listOf("a 1", "b 3")
        versions().intersect(before.toSet()).size shouldBe 1
    }

    test("a worker without limits writes nothing, except if a limit of its entrypoints is stored") {
        backend.worker { entrypoint("e") { } }.run { mode = RunMode.DRAIN }
        rows().shouldBeEmpty()
        declare("e" to 5, "other" to 6)
        backend.worker { entrypoint("e") { } }.run { mode = RunMode.DRAIN }
        rows() shouldContainExactly listOf("other 6")
    }

    test("workers that start at the same time leave the limits of one of them") {
        val names = List(20) { "e$it" }
        repeat(20) {
            coroutineScope {
                listOf(1, 2, null).map { limit ->
                    async(Dispatchers.IO) { backend.store.limits.declare(names.associateWith { limit }).shouldBeNull() }
                }.awaitAll()
            }
        }
        declare(*names.map { it to 3 }.toTypedArray())
        rows() shouldContainExactly names.map { "$it 3" }.sorted()
    }

    test("a worker whose role has no rights on the table starts, and is told the grant that it lacks") {
        database.execute("CREATE ROLE $role LOGIN")
        database.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON pgqueuer, pgqueuer_log, pgqueuer_schedules TO $role; " +
                "GRANT SELECT ON pgqueuer_pauses TO $role; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO $role",
        )
        postgresBackend(
            database.settings().with {
                user = role
                poolMaxSize = 2
            },
        ).use { theirs ->
            val grant = theirs.store.limits.declare(mapOf("e" to 5))
            grant shouldBe "GRANT SELECT, INSERT, UPDATE, DELETE ON pgqueuer_limits TO \"$role\""
            theirs.queue.enqueue("e")
            shouldThrow<SchemaException> { theirs.insights.backlog() }.message shouldContain "pgqueuer_limits"
            theirs.worker { entrypoint("e", { concurrencyLimit = 5 }) { } }.run {
                mode = RunMode.DRAIN
                logAggregationInterval = null
                vacuumEvery = null
            }.succeeded shouldBe 1
            database.execute("GRANT SELECT ON pgqueuer_limits TO $role")
            theirs.store.limits.declare(mapOf("e" to null)).shouldBeNull()
            theirs.store.limits.declare(mapOf("e" to 5)) shouldBe grant
            rows().shouldBeEmpty()
            database.execute(checkNotNull(grant))
            theirs.store.limits.declare(mapOf("e" to 5)).shouldBeNull()
            theirs.store.limits.declare(mapOf("e" to 6)).shouldBeNull()
            rows() shouldContainExactly listOf("e 6")
            theirs.store.limits.declare(mapOf("e" to null)).shouldBeNull()
            rows().shouldBeEmpty()
        }
    }
})
