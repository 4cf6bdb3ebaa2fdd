package io.pgqueuer.engine.signals

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.WorkerId
import io.pgqueuer.port.QueueEvent
import kotlinx.coroutines.async
import kotlinx.coroutines.yield
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Instant

class WakeUpsSpec : FunSpec({
    val report = QueueEvent.NothingDue("1", UUID(1, 0), WorkerId(UUID(0, 2)), true, null, Instant.fromEpochSeconds(0))

    test("news arrive in the order in which they were sent, also while nobody waits") {
        val wakeUps = WakeUps()
        wakeUps.changed("1")
        wakeUps.nothingDue(report)
        wakeUps.changed("2")
        val heard = mutableListOf<String>()
        wakeUps.hearNews { heard += it.shown() }
        heard shouldContainExactly listOf("1", "nothing due after 1", "2")
        wakeUps.hearNews { heard += it.shown() }
        heard.size shouldBe 3
    }

    test("news end the wait only if no time is left then") {
        val wakeUps = WakeUps()
        val heard = mutableListOf<String>()
        var left = 1.minutes
        val wait = async { wakeUps.awaitWork({ left }, { heard += it.shown() }) { true } }
        for (change in listOf("1", "2")) {
            wakeUps.changed(change)
            while (change !in heard) yield()
        }
        wait.isCompleted shouldBe false
        left = Duration.ZERO
        wakeUps.changed("3")
        wait.await()
        heard shouldContainExactly listOf("1", "2", "3")
    }

    test("a report that leaves more time prolongs the wait") {
        val wakeUps = WakeUps()
        var left = 1.minutes
        val wait = async { wakeUps.awaitWork({ left }, { if (it is News.NothingDue) left = 2.minutes }) { true } }
        wakeUps.nothingDue(report)
        while (left == 1.minutes) yield()
        wait.isCompleted shouldBe false
        wakeUps.work()
        wait.await()
    }

    test("work, a change that cannot be identified, and a change too many end every wait, as news that are unknown") {
        val many = 1_000
        for (arrive in listOf<WakeUps.() -> Unit>(
            { work() },
            { changed(null) },
            { repeat(many) { changed("$it") } },
        )) {
            val wakeUps = WakeUps()
            wakeUps.arrive()
            val heard = mutableListOf<String>()
            wakeUps.awaitWork({ 1.minutes }, { heard += it.shown() }) { false }
            heard.last() shouldBe "unknown"
        }
    }

    test("an end elsewhere ends the wait only if it matters") {
        val wakeUps = WakeUps()
        var matters = false
        val wait = async { wakeUps.awaitWork({ 1.minutes }, { }) { matters.also { matters = true } } }
        wakeUps.freed()
        while (!matters) yield()
        wait.isCompleted shouldBe false
        wakeUps.freed()
        wait.await()
    }
})

private fun News.shown() = when (this) {
    is News.Changed -> id
    is News.NothingDue -> "nothing due after ${event.after}"
    News.Unknown -> "unknown"
}
