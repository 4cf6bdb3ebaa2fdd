package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.Schedule
import io.pgqueuer.ScheduleId
import io.pgqueuer.port.ClaimedSchedule
import io.pgqueuer.port.ScheduleBatch
import io.pgqueuer.port.ScheduleTarget
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

fun scheduleConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a registered schedule waits for its next time from now") {
        register(hourly)
        val schedule = only()
        schedule.name shouldBe "report"
        schedule.expression shouldBe "0 * * * *"
        schedule.status shouldBe QUEUED
        schedule.lastRun.shouldBeNull()
        schedule.nextRun - schedule.created shouldBe 1.hours
        claimSchedules().runs.shouldBeEmpty()
    }

    test("registered again it keeps its row, and a next time that is to come is set anew") {
        register(hourly)
        val before = only()
        advance(10.minutes)
        val other = schedule(every = 3.hours)
        register(other)
        only().id shouldBe before.id
        claimSchedules(other).nextDue.shouldNotBeNull().inMinutes() shouldBe 180
    }

    test("registered again, an overdue schedule stays overdue") {
        register(hourly)
        advance(2.hours)
        register(hourly)
        claimSchedules().runs shouldHaveSize 1
    }

    test("one name may have several expressions, and one expression several names") {
        register(hourly, schedule(expression = "30 * * * *"), schedule("other"))
        schedules.list().map { it.name to it.expression } shouldContainExactly
            listOf("other" to "0 * * * *", "report" to "0 * * * *", "report" to "30 * * * *")
    }

    test("a registration that cleans removes older expressions of its name, and nothing else") {
        register(hourly, schedule(expression = "15 * * * *"), schedule("other", "15 * * * *"))
        register(schedule(expression = "30 * * * *", cleanOld = true), schedule(expression = "45 * * * *"))
        schedules.list().map { it.name to it.expression } shouldContainExactly
            listOf("other" to "15 * * * *", "report" to "30 * * * *", "report" to "45 * * * *")
    }

    test("a registration that does not clean removes nothing") {
        register(hourly)
        register(schedule(expression = "30 * * * *"))
        schedules.list() shouldHaveSize 2
    }

    test("cleaning leaves a run under way alone until its lease has expired") {
        register(hourly)
        advance(1.hours)
        val lease = claimSchedule().lease
        val cleaning = schedule(expression = "30 * * * *", cleanOld = true)
        register(cleaning)
        schedules.renew(lease) shouldBe true
        advance(LEASE + 10.seconds)
        register(cleaning)
        only().expression shouldBe "30 * * * *"
        schedules.complete(lease) shouldBe false
    }

    test("a claim before the time gets nothing, and learns how long it is") {
        register(hourly, schedule("later", every = 2.hours))
        claimSchedules(hourly, schedule("later", every = 2.hours)).run {
            runs.shouldBeEmpty()
            nextDue.shouldNotBeNull().inMinutes() shouldBe 60
        }
        claimSchedules(schedule("never registered")).nextDue.shouldBeNull()
    }

    test("while a schedule runs, it is due at its next time, or when its lease expires if that is sooner") {
        val often = schedule(every = 10.seconds)
        register(often)
        advance(15.seconds)
        val lease = claimSchedules(often).runs.single().lease
        val untilNext = claimSchedules(often).nextDue.shouldNotBeNull()
        (untilNext > 5.seconds && untilNext <= 10.seconds) shouldBe true
        advance(15.seconds)
        // The next time has come, and the run goes on: only the end of its lease matters.
        val untilExpired = claimSchedules(often).nextDue.shouldNotBeNull()
        (untilExpired > 10.seconds && untilExpired <= 15.seconds) shouldBe true
        schedules.complete(lease) shouldBe true
        claimSchedules(often).runs shouldHaveSize 1
    }

    test("a due schedule is leased once, its next time set from now") {
        register(hourly)
        val registered = only()
        advance(90.minutes)
        val claimed = claimSchedule()
        claimed.schedule.id shouldBe registered.id
        claimed.schedule.status shouldBe PICKED
        claimed.schedule.nextRun - claimed.schedule.heartbeat shouldBe 1.hours
        (claimed.schedule.heartbeat - claimed.dueAt).inWholeMinutes shouldBe 30
        claimSchedules().runs.shouldBeEmpty()
        only().status shouldBe PICKED
    }

    test("a schedule that missed many times runs once") {
        register(hourly)
        advance(10.days)
        schedules.complete(claimSchedule().lease) shouldBe true
        claimSchedules().run {
            runs.shouldBeEmpty()
            nextDue.shouldNotBeNull().inMinutes() shouldBe 60
        }
    }

    test("only the schedules asked for are leased, and each gets its own next time") {
        val daily = schedule("daily", "0 0 * * *", every = 24.hours)
        register(hourly, daily, schedule("other"))
        advance(2.days)
        val next = claimSchedules(hourly, daily).runs.associate { it.schedule.name to it.schedule }
        next.keys shouldBe setOf("report", "daily")
        next.values.map { (it.nextRun - it.heartbeat) to it.name }.toSet() shouldBe
            setOf(1.hours to "report", 24.hours to "daily")
    }

    test("a completed run leaves the schedule waiting, with its last run told") {
        register(hourly)
        advance(1.hours)
        val claimed = claimSchedule()
        schedules.complete(claimed.lease) shouldBe true
        val schedule = only()
        schedule.status shouldBe QUEUED
        schedule.lastRun.shouldNotBeNull()
        schedule.nextRun shouldBe claimed.schedule.nextRun
        schedules.complete(claimed.lease) shouldBe false
    }

    test("a run that outlasts its next time is followed by one at once") {
        register(hourly)
        advance(1.hours)
        val lease = claimSchedule().lease
        repeat(16) {
            advance(10.minutes)
            schedules.renew(lease) shouldBe true
        }
        schedules.complete(lease) shouldBe true
        claimSchedules().runs shouldHaveSize 1
    }

    test("a run whose heartbeat expired is taken over, and its old lease can change nothing") {
        register(hourly)
        advance(1.hours)
        val old = claimSchedule().lease
        claimSchedules().nextDue.shouldNotBeNull().let { (it <= LEASE) shouldBe true }
        advance(LEASE + 1.seconds)
        val new = claimSchedule().lease
        new.epoch shouldBeGreaterThan old.epoch
        schedules.renew(old) shouldBe false
        schedules.complete(old) shouldBe false
        schedules.release(old) shouldBe false
        only().status shouldBe PICKED
        schedules.renew(new) shouldBe true
        schedules.complete(new) shouldBe true
    }

    test("a renewed run is not taken over") {
        register(hourly)
        advance(1.hours)
        val lease = claimSchedule().lease
        repeat(4) {
            advance(LEASE / 2)
            schedules.renew(lease) shouldBe true
            claimSchedules().runs.shouldBeEmpty()
        }
    }

    test("a released run is due at once, and did not run") {
        register(hourly)
        advance(1.hours)
        val lease = claimSchedule().lease
        schedules.release(lease) shouldBe true
        only().run {
            status shouldBe QUEUED
            lastRun.shouldBeNull()
        }
        claimSchedule().lease shouldNotBe lease
        schedules.release(lease) shouldBe false
    }

    test("a schedule can be made due now, once, and goes on with its next time") {
        register(hourly)
        schedules.runNow(emptyList()).shouldBeEmpty()
        schedules.runNow(listOf(only().id, ScheduleId(Long.MAX_VALUE))) shouldBe setOf(only().id)
        val run = claimSchedules().runs.single()
        (run.schedule.nextRun - run.dueAt).inWholeMinutes shouldBe 60
        schedules.complete(run.lease) shouldBe true
        claimSchedules().runs.shouldBeEmpty()
    }

    test("a schedule that runs is not made due") {
        register(hourly)
        schedules.runNow(listOf(only().id))
        val run = claimSchedules().runs.single()
        val before = only()
        schedules.runNow(listOf(before.id)).shouldBeEmpty()
        only() shouldBe before
        schedules.complete(run.lease) shouldBe true
        claimSchedules().runs.shouldBeEmpty()
    }

    test("a removed schedule is gone, its run refused, and a registration stores it anew") {
        register(hourly, schedule("other"))
        advance(1.hours)
        val run = claimSchedule()
        schedules.remove(listOf(run.schedule.id, ScheduleId(Long.MAX_VALUE))) shouldBe setOf(run.schedule.id)
        schedules.remove(emptyList()).shouldBeEmpty()
        only().name shouldBe "other"
        schedules.renew(run.lease) shouldBe false
        schedules.complete(run.lease) shouldBe false
        register(hourly)
        schedules.list() shouldHaveSize 2
    }

    test("of many claims at once one gets the run") {
        val all = List(20) { schedule("s$it") }
        register(*all.toTypedArray())
        advance(1.hours)
        val runs = coroutineScope {
            List(8) { async(Dispatchers.Default) { claimSchedules(*all.toTypedArray()).runs } }.awaitAll().flatten()
        }
        runs.map { it.schedule.name }.sorted() shouldContainExactly all.map { it.name }.sorted()
    }

    test("many registrations at once store one row each") {
        coroutineScope {
            List(8) {
                async(Dispatchers.Default) { register(hourly, schedule("other", cleanOld = true)) }
            }.awaitAll()
        }
        schedules.list() shouldHaveSize 2
    }
}

private val hourly = schedule()

private fun schedule(
    name: String = "report",
    expression: String = "0 * * * *",
    every: Duration = 1.hours,
    cleanOld: Boolean = false,
) = ScheduleTarget(name, expression, cleanOld) { it + every }

private val StoreUnderTest.schedules get() = backend.store.schedules

private suspend fun StoreUnderTest.register(vararg targets: ScheduleTarget) =
    schedules.register(targets.asList(), LEASE)

private suspend fun StoreUnderTest.claimSchedules(vararg targets: ScheduleTarget = arrayOf(hourly)): ScheduleBatch =
    schedules.claim(targets.asList(), LEASE)

private suspend fun StoreUnderTest.claimSchedule(): ClaimedSchedule = claimSchedules().runs.single()

private suspend fun StoreUnderTest.only(): Schedule = schedules.list().single()

/** Real stores take a moment for each step. */
private fun Duration.inMinutes(): Long = (this + 59.seconds).inWholeMinutes
