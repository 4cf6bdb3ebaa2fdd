package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.port.ScheduleTarget
import kotlinx.coroutines.delay
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A drain finds a schedule that another worker has claimed. */
class DrainTakeoverSpec : FunSpec({
    val hourly = ScheduleTarget("report", "0 * * * *", "UTC", cleanOld = false) { now, _ -> now + 1.hours }

    test("a drain takes over the run of a worker that died, once expired leases may be taken over") {
        engineTest { backend ->
            backend.store.schedules.register(listOf(hourly), 30.seconds)
            delay(1.hours)
            backend.store.schedules.claim(listOf(hourly), 30.seconds).runs.size shouldBe 1
            delay(5.minutes)
            val runs = mutableListOf<Duration>()
            val worker = backend.worker { schedule("report", "0 * * * *") { runs += elapsed } }
            worker.run(DRAIN).schedulesRun shouldBe 1
            // Half the lease timeout after its start.
            runs shouldContainExactly listOf(1.hours + 5.minutes + 15.seconds)
        }
    }

    test("a drain does not wait for the run of a paused schedule") {
        engineTest { backend ->
            backend.store.schedules.register(listOf(hourly), 30.seconds)
            delay(1.hours)
            val run = backend.store.schedules.claim(listOf(hourly), 30.seconds).runs.single()
            backend.schedules.pause(listOf(run.schedule.id))
            delay(5.minutes)
            val worker = backend.worker { schedule("report", "0 * * * *") { error("ran") } }
            worker.run(DRAIN).schedulesRun shouldBe 0
            elapsed shouldBeLessThan 1.hours + 5.minutes + 15.seconds
        }
    }

    test("a drain leaves the run of a worker that is alive to that worker") {
        engineTest { backend ->
            backend.store.schedules.register(listOf(hourly), 30.seconds)
            delay(1.hours)
            backend.store.schedules.claim(listOf(hourly), 30.seconds).runs.size shouldBe 1
            val worker = backend.worker { schedule("report", "0 * * * *") { error("ran") } }
            worker.run(DRAIN).schedulesRun shouldBe 0
            elapsed shouldBe 1.hours + 15.seconds
        }
    }
})
