package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.port.ScheduleTarget
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

class SchedulesOnPostgresSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val lease = 30.seconds
    beforeSpec { backend.schema.install() }
    beforeTest { database.execute("TRUNCATE pgqueuer_schedules") }
    afterSpec { backend.close() }

    fun target(expression: String = "0 * * * *", name: String = "report", cleanOld: Boolean = false) =
        ScheduleTarget(name, expression, "UTC", cleanOld) { now, _ -> now + 1.hours }

    test("a due schedule that another claim has locked is not leased, and told as due") {
        backend.store.schedules.register(listOf(target()), lease)
        database.execute("UPDATE pgqueuer_schedules SET next_run = now()")
        database.connect().use { other ->
            other.autoCommit = false
            other.execute("SELECT FROM pgqueuer_schedules FOR UPDATE")
            backend.store.schedules.claim(listOf(target()), lease).run {
                runs.shouldBeEmpty()
                nextDue shouldBe Duration.ZERO
            }
        }
    }

    test("a schedule that is leased while a claim under another isolation level looks on is leased once") {
        backend.store.schedules.register(listOf(target()), lease)
        database.execute("ALTER DATABASE ${database.name} SET default_transaction_isolation = 'serializable'")
        val strict = List(4) { database.backend { poolMaxSize = 1 } }
        repeat(10) {
            database.execute("UPDATE pgqueuer_schedules SET next_run = now(), status = 'queued'")
            val leased = coroutineScope {
                strict.map {
                    async(Dispatchers.Default) { it.store.schedules.claim(listOf(target()), lease).runs }
                }.awaitAll()
            }
            backend.schedules.list().single().leaseEpoch shouldBe leased.flatten().single().lease.epoch
        }
        strict.forEach { it.close() }
        database.execute("ALTER DATABASE ${database.name} RESET default_transaction_isolation")
    }

    test("pauses and their ends join the caller's transaction, and are undone with it") {
        backend.store.schedules.register(listOf(target("0 0 1 1 *")), lease)
        val ids = listOf(backend.schedules.list().single().id)
        val exposed = Database.connect(database.jdbcUrl)
        suspend fun rolledBack(change: suspend () -> Unit) = suspendTransaction(exposed) {
            change()
            rollback()
        }

        rolledBack { backend.schedules.pause(ids) shouldBe ids.toSet() }
        backend.schedules.list().single().pausedSince.shouldBeNull()
        suspendTransaction(exposed) { backend.schedules.pause(ids) }
        val paused = backend.schedules.list().single()
        paused.pausedSince.shouldNotBeNull()
        rolledBack { backend.schedules.resume(ids) shouldBe ids.toSet() }
        backend.schedules.list().single() shouldBe paused
        suspendTransaction(exposed) { backend.schedules.resume(ids) }
        backend.schedules.list().single().pausedSince.shouldBeNull()
    }

    test("a schedule that is paused while claims and registrations look on is not due after that") {
        val all = List(20) { target(name = "s$it") }
        repeat(10) {
            backend.store.schedules.register(all, lease)
            database.execute("UPDATE pgqueuer_schedules SET next_run = now(), status = 'queued'")
            val ids = backend.schedules.list().map { it.id }
            coroutineScope {
                launch(Dispatchers.Default) { backend.store.schedules.claim(all, lease) }
                launch(Dispatchers.Default) { backend.store.schedules.register(all, lease) }
                launch(Dispatchers.Default) { backend.schedules.pause(ids) }
            }
            backend.store.schedules.register(all, lease)
            backend.store.schedules.claim(all, lease).run {
                runs.shouldBeEmpty()
                nextDue.shouldBeNull()
            }
            // What a worker of Python goes by.
            database.text("SELECT count(*) FROM pgqueuer_schedules WHERE next_run < '9999-01-01'") shouldBe "0"
            backend.schedules.resume(ids).size shouldBe all.size
        }
    }

    test("workers that clean each other's expressions away at one instant all register") {
        database.backend().use { other ->
            val old = target("1 * * * *", cleanOld = true)
            val new = target("2 * * * *", cleanOld = true)
            repeat(5) {
                backend.store.schedules.register(listOf(target(old.expression), target(new.expression)), lease)
                coroutineScope {
                    launch(Dispatchers.Default) { backend.store.schedules.register(listOf(old), lease) }
                    launch(Dispatchers.Default) { other.store.schedules.register(listOf(new), lease) }
                }
                backend.schedules.list().size shouldBeInRange 1..2
            }
        }
    }

    test("schedules are listed in an order that does not depend on the database's collation") {
        backend.store.schedules.register(listOf("b", "ä", "B", "a").map { target(name = it) }, lease)
        backend.schedules.list().map { it.name } shouldContainExactly listOf("B", "a", "b", "ä")
    }
})
