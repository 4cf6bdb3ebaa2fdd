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
import java.time.LocalTime
import java.time.ZoneId
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaInstant

fun scheduleConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a registered schedule waits for its next time from now") {
        register(hourly)
        val schedule = only()
        schedule.name shouldBe "report"
        schedule.expression shouldBe "0 * * * *"
        schedule.status shouldBe QUEUED
        schedule.lastRun.shouldBeNull()
        schedule.zone shouldBe "UTC"
        schedule.pausedSince.shouldBeNull()
        schedule.nextRun.shouldNotBeNull() - schedule.created shouldBe 1.hours
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
        claimed.schedule.nextRun.shouldNotBeNull() - claimed.schedule.heartbeat shouldBe 1.hours
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
        next.values.map { (it.nextRun.shouldNotBeNull() - it.heartbeat) to it.name }.toSet() shouldBe
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
        (run.schedule.nextRun.shouldNotBeNull() - run.dueAt).inWholeMinutes shouldBe 60
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

    test("the zone of a registration is stored, and the next registration changes it") {
        register(schedule(zone = "Asia/Tokyo"))
        val before = only()
        before.zone shouldBe "Asia/Tokyo"
        register(schedule(zone = "UTC"))
        only().id shouldBe before.id
        only().zone shouldBe "UTC"
    }

    test("the zone changes while the schedule runs, which does not prolong the lease of its run") {
        register(schedule(zone = "Asia/Tokyo"))
        advance(1.hours)
        val run = claimSchedule()
        advance(LEASE + 1.seconds)
        val before = only()
        register(hourly)
        only() shouldBe before.copy(zone = "UTC")
        claimSchedule().lease.epoch shouldBeGreaterThan run.lease.epoch
    }

    test("a claim computes the next time in the stored zone, whatever the zone of its worker") {
        fun target(zone: String) = ScheduleTarget("report", "0 * * * *", zone, cleanOld = false) { now, of ->
            now + if (of == "Asia/Tokyo") 9.hours else 1.hours
        }
        register(target("Asia/Tokyo"))
        advance(9.hours)
        val claimed = claimSchedules(target("UTC")).runs.single().schedule
        claimed.zone shouldBe "Asia/Tokyo"
        claimed.nextRun.shouldNotBeNull() - claimed.heartbeat shouldBe 9.hours
    }

    test("a paused schedule is not due and has no next time, until it is resumed") {
        register(hourly, schedule("other"))
        val (other, id) = schedules.list().map { it.id }
        schedules.pause(listOf(id, ScheduleId(Long.MAX_VALUE))) shouldBe setOf(id)
        val paused = schedules.list().last()
        paused.status shouldBe QUEUED
        paused.nextRun.shouldBeNull()
        paused.pausedSince.shouldNotBeNull()
        claimSchedules().nextDue.shouldBeNull()
        advance(3.hours)
        claimSchedules(hourly, schedule("other")).runs.map { it.schedule.id } shouldContainExactly listOf(other)
        schedules.resume(listOf(id, other, ScheduleId(Long.MAX_VALUE))) shouldBe setOf(id)
        schedules.list().last().run {
            pausedSince.shouldBeNull()
            nextRun.shouldNotBeNull()
        }
        advance(1.hours)
        claimSchedules().runs shouldHaveSize 1
    }

    test("a schedule that is paused again stays paused since the same time, and is resumed once") {
        register(hourly)
        schedules.pause(emptyList()).shouldBeEmpty()
        schedules.resume(emptyList()).shouldBeEmpty()
        val ids = listOf(only().id)
        schedules.pause(ids)
        advance(1.minutes)
        val paused = only()
        schedules.pause(ids) shouldBe ids.toSet()
        only().pausedSince shouldBe paused.pausedSince
        schedules.resume(ids) shouldBe ids.toSet()
        schedules.resume(ids).shouldBeEmpty()
    }

    test("a resumed schedule goes on with its next time in its zone, and makes up for none that it missed") {
        val monthly = schedule(expression = "0 0 1 * *", zone = "Asia/Tokyo")
        register(monthly)
        advance(30.minutes)
        val ids = listOf(only().id)
        schedules.pause(ids)
        advance(100.days)
        schedules.resume(ids)
        claimSchedules(monthly).runs.shouldBeEmpty()
        val next = only().nextRun.shouldNotBeNull().toJavaInstant().atZone(ZoneId.of("Asia/Tokyo"))
        next.dayOfMonth shouldBe 1
        next.toLocalTime() shouldBe LocalTime.MIDNIGHT
        only().run { nextAfter(updated) shouldBe nextRun }
    }

    for ((name, expression, zone) in listOf(
        Triple("an expression", "@reboot", "UTC"),
        Triple("a zone", "0 0 1 1 *", "Mars/Olympus"),
    )) {
        test("a schedule with $name that this library cannot read is due at once when it is resumed") {
            val unreadable = schedule(expression = expression, zone = zone)
            register(unreadable)
            val ids = listOf(only().id)
            only().nextAfter(only().created).shouldBeNull()
            schedules.pause(ids)
            schedules.resume(ids) shouldBe ids.toSet()
            claimSchedules(unreadable).runs shouldHaveSize 1
        }
    }

    test("a run under way when its schedule is paused goes on, and its end keeps the pause") {
        register(hourly)
        advance(1.hours)
        val lease = claimSchedule().lease
        schedules.pause(listOf(only().id))
        only().run {
            status shouldBe PICKED
            nextRun.shouldBeNull()
        }
        schedules.renew(lease) shouldBe true
        schedules.complete(lease) shouldBe true
        only().run {
            status shouldBe QUEUED
            lastRun.shouldNotBeNull()
            pausedSince.shouldNotBeNull()
        }
        advance(2.hours)
        claimSchedules().run {
            runs.shouldBeEmpty()
            nextDue.shouldBeNull()
        }
    }

    test("a run that is given back while its schedule is paused waits, and is not made up for") {
        register(schedule(expression = YEARLY))
        advance(1.hours)
        val lease = claimSchedules(schedule(expression = YEARLY)).runs.single().lease
        val ids = listOf(only().id)
        schedules.pause(ids)
        schedules.release(lease) shouldBe true
        only().run {
            status shouldBe QUEUED
            nextRun.shouldBeNull()
            pausedSince.shouldNotBeNull()
        }
        claimSchedules(schedule(expression = YEARLY)).runs.shouldBeEmpty()
        schedules.resume(ids)
        claimSchedules(schedule(expression = YEARLY)).runs.shouldBeEmpty()
    }

    test("a run whose heartbeat expired is not taken over while its schedule is paused, but after that") {
        register(hourly)
        advance(1.hours)
        val old = claimSchedule().lease
        val ids = listOf(only().id)
        advance(LEASE + 1.seconds)
        // Neither change is a sign of life of the run.
        schedules.pause(ids)
        claimSchedules().run {
            runs.shouldBeEmpty()
            nextDue.shouldBeNull()
        }
        schedules.resume(ids) shouldBe ids.toSet()
        val new = claimSchedule().lease
        new.epoch shouldBeGreaterThan old.epoch
        schedules.complete(old) shouldBe false
        schedules.complete(new) shouldBe true
    }

    test("registered again, a paused schedule stays paused, also with another zone") {
        register(hourly)
        schedules.pause(listOf(only().id))
        advance(2.hours)
        val paused = only()
        register(hourly)
        only() shouldBe paused
        register(schedule(zone = "Asia/Tokyo"))
        only().run {
            zone shouldBe "Asia/Tokyo"
            pausedSince shouldBe paused.pausedSince
            nextRun.shouldBeNull()
        }
        claimSchedules().runs.shouldBeEmpty()
    }

    test("a paused schedule is not made due") {
        register(hourly)
        val ids = listOf(only().id)
        schedules.pause(ids)
        val paused = only()
        schedules.runNow(ids).shouldBeEmpty()
        only() shouldBe paused
        claimSchedules().runs.shouldBeEmpty()
        schedules.resume(ids)
        schedules.runNow(ids) shouldBe ids.toSet()
        claimSchedules().runs shouldHaveSize 1
    }

    test("a removed schedule takes its pause along") {
        register(hourly)
        val ids = listOf(only().id)
        schedules.pause(ids)
        schedules.remove(ids) shouldBe ids.toSet()
        register(hourly)
        only().pausedSince.shouldBeNull()
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

/** Its next time is hardly ever now. */
private const val YEARLY = "0 0 1 1 *"

private fun schedule(
    name: String = "report",
    expression: String = "0 * * * *",
    every: Duration = 1.hours,
    zone: String = "UTC",
    cleanOld: Boolean = false,
) = ScheduleTarget(name, expression, zone, cleanOld) { now, _ -> now + every }

private val StoreUnderTest.schedules get() = backend.store.schedules

private suspend fun StoreUnderTest.register(vararg targets: ScheduleTarget) =
    schedules.register(targets.asList(), LEASE)

private suspend fun StoreUnderTest.claimSchedules(vararg targets: ScheduleTarget = arrayOf(hourly)): ScheduleBatch =
    schedules.claim(targets.asList(), LEASE)

private suspend fun StoreUnderTest.claimSchedule(): ClaimedSchedule = claimSchedules().runs.single()

private suspend fun StoreUnderTest.only(): Schedule = schedules.list().single()

/** Real stores take a moment for each step. */
private fun Duration.inMinutes(): Long = (this + 59.seconds).inWholeMinutes
