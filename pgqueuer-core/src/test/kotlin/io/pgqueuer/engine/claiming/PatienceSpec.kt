package io.pgqueuer.engine.claiming

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.WorkerId
import io.pgqueuer.engine.signals.News
import io.pgqueuer.port.QueueEvent
import java.util.UUID
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import kotlin.time.TestTimeSource

class PatienceSpec : FunSpec({
    test("a worker that knows no other claims at once, whatever it finds") {
        with(Subject()) {
            repeat(5) {
                claim(jobs = it % 2)
                wait(nextDue = 1.seconds)
                patience.left() shouldBe 1.seconds
                hear("$it")
                patience.left() shouldBe Duration.ZERO
            }
        }
    }

    test("a worker that knows no other reports at most once a minute, and only what it did not find") {
        with(Subject()) {
            wokenClaim("1", jobs = 1).shouldBeNull()
            wokenClaim("2", jobs = 0)?.after shouldBe "2"
            wokenClaim("3", jobs = 0).shouldBeNull()
            time += 60.seconds
            wokenClaim("4", jobs = 0)?.after shouldBe "4"
        }
    }

    test("a worker that found nothing while another found jobs pauses, for 5 to 25 ms, until it finds jobs itself") {
        with(Subject()) {
            wokenClaim("1", jobs = 0)
            hearReport("1", found = true)
            hear("2")
            val pause = patience.left()
            pause.shouldBeAPause()
            time += pause
            wokenClaim(null, jobs = 1)
            hear("3")
            patience.left() shouldBe Duration.ZERO
        }
    }

    test("another worker's report does not make it pause if neither found jobs, or if it found jobs, too") {
        for ((mine, others) in listOf(0 to false, 1 to true, 1 to false)) {
            with(Subject()) {
                wokenClaim("1", jobs = mine)
                hearReport("1", found = others)
                hear("2")
                patience.left() shouldBe Duration.ZERO
            }
        }
    }

    test("few pauses are short, so that the first of many workers is alone for a while") {
        val pauses = List(2_000) {
            with(Subject(seed = it)) {
                becomePatient()
                hear("2")
                patience.left()
            }
        }
        pauses.count { it < 10.milliseconds } shouldBeLessThan 140
        pauses.forEach(Duration::shouldBeAPause)
    }

    test("a report about the last change ends the wait for it, and says when to claim next") {
        with(Subject()) {
            becomePatient()
            hear("2")
            hearReport("2", nextDue = 3.seconds)
            (patience.left() - 3.seconds).shouldBeAPause()
            hear("3")
            hearReport("3", nextDue = null)
            patience.left() shouldBe LONGEST
        }
    }

    test("its own poll counts from its own claim, whatever others report") {
        with(Subject()) {
            becomePatient()
            time += 20.seconds
            hear("2")
            hearReport("2")
            patience.left() shouldBe LONGEST - 20.seconds
        }
    }

    test("a report covers the changes up to the one it names, and no later ones") {
        with(Subject()) {
            becomePatient()
            hear("2", "3", "4")
            time += 4.milliseconds
            hearReport("3")
            patience.left().shouldBeAPause()
            hearReport("4")
            patience.left() shouldBe LONGEST - 4.milliseconds
        }
    }

    test("a report about a change that this worker has not heard, or whose claim began before, spares it nothing") {
        for (after in listOf("1", "9")) {
            with(Subject()) {
                becomePatient()
                hear("2")
                hearReport(after)
                patience.left().shouldBeAPause()
            }
        }
    }

    test("a change that was heard during the claim is not covered by the claim") {
        with(Subject()) {
            hear("1")
            patience.claiming()
            hear("2")
            patience.claimed(1)
            patience.report { null }.shouldBeNull()
            wait()
            patience.left() shouldBe Duration.ZERO
            hearReport("1")
            patience.left() shouldBe Duration.ZERO
        }
    }

    test("a due time that another reported during the claim is kept") {
        with(Subject()) {
            becomePatient()
            patience.claiming()
            hear("2")
            hearReport("2", nextDue = 5.seconds)
            patience.claimed(0)
            wait(nextDue = null)
            (patience.left() - 5.seconds).shouldBeAPause()
        }
    }

    test("after notifications were missed, no report counts until the next change") {
        with(Subject()) {
            becomePatient()
            patience.hear(News.Unknown)
            wokenClaim(null, jobs = 0).shouldBeNull()
            wait(nextDue = 1.milliseconds)
            hearReport("1")
            time += 1.milliseconds
            patience.left().shouldBeAPause()
            hear("2")
            hearReport("2")
            patience.left() shouldBe LONGEST - 1.milliseconds
        }
    }

    test("a report of this worker itself, or of one that serves something else, counts for nothing") {
        with(Subject()) {
            for ((worker, kind) in listOf(ME to KIND, OTHER to UUID(7, 7))) {
                wokenClaim("1", jobs = 0)
                hearReport("1", found = true, worker = worker, kind = kind)
                hear("2")
                hearReport("2", worker = worker, kind = kind)
                patience.left() shouldBe Duration.ZERO
            }
        }
    }

    test("a patient worker pauses at a due time, too, and a report then spares it the claim") {
        with(Subject()) {
            becomePatient()
            wait(nextDue = 10.seconds)
            time += 10.seconds
            val pause = patience.left()
            pause.shouldBeAPause()
            hearReport("1", nextDue = 7.seconds)
            (patience.left() - 7.seconds).shouldBeAPause()
        }
    }

    test("a report does not put off a due time that is far away: its claim may be older than this worker's own") {
        with(Subject()) {
            becomePatient()
            wait(nextDue = 10.seconds)
            hearReport("1", nextDue = null)
            (patience.left() - 10.seconds).shouldBeAPause()
        }
    }

    test("a worker that is busy pauses if there are others, and only then") {
        with(Subject()) {
            isBusy = true
            wokenClaim("1", jobs = 1)
            hear("2")
            patience.left() shouldBe Duration.ZERO
            wokenClaim(null, jobs = 1)
            hearReport("2")
            hear("3")
            patience.left().shouldBeAPause()
            isBusy = false
            patience.left() shouldBe Duration.ZERO
        }
    }

    test("a worker that is kept from due jobs uses every chance") {
        with(Subject()) {
            becomePatient()
            patience.waiting(1.seconds, null, isBlocked = true)
            hear("2")
            patience.left() shouldBe Duration.ZERO
            hearReport("2")
            patience.left() shouldBe Duration.ZERO
        }
    }

    test("whoever found jobs reports if it knows of others") {
        with(Subject()) {
            wokenClaim("1", jobs = 1).shouldBeNull()
            hearReport("1")
            val report = wokenClaim("2", jobs = 1, nextDue = 4.seconds).shouldNotBeNull()
            report.after shouldBe "2"
            report.found shouldBe true
            report.due?.elapsedNow() shouldBe -4.seconds
        }
    }

    test("a filled claim and the one after it report together") {
        with(Subject()) {
            hearReport("1")
            hear("2")
            claim(jobs = 10)
            claim(jobs = 0)
            patience.report { null }?.found shouldBe true
        }
    }

    test("whoever found nothing reports only if nobody else did") {
        with(Subject()) {
            becomePatient()
            hear("2")
            patience.claiming()
            hearReport("2")
            patience.claimed(0)
            patience.report { null }.shouldBeNull()
            wait()
            wokenClaim("3", jobs = 0)?.after shouldBe "3"
        }
    }

    test("what was found at a due time is reported, whatever was reported about the last change before") {
        with(Subject()) {
            becomePatient()
            hear("2")
            hearReport("2", nextDue = 5.seconds)
            time += 6.seconds
            claim(jobs = 0)
            patience.report { null }?.after shouldBe "2"
        }
    }

    test("a poll reports nothing") {
        with(Subject()) {
            becomePatient()
            time += LONGEST
            claim(jobs = 0)
            patience.report { null }.shouldBeNull()
        }
    }

    test("another worker is forgotten after a minute") {
        with(Subject()) {
            becomePatient()
            time += 60.seconds
            wait()
            hear("2")
            patience.left() shouldBe Duration.ZERO
            wokenClaim(null, jobs = 1).shouldBeNull()
        }
    }

    test("a worker for which others cannot look is alone") {
        with(Subject(kind = null)) {
            wokenClaim("1", jobs = 0).shouldBeNull()
            hearReport("1", found = true)
            hear("2")
            hearReport("2")
            patience.left() shouldBe Duration.ZERO
        }
    }

    test("workers are of one kind if they serve the same entrypoints, in any order, with the same lease timeout") {
        val kind = Patience.kindOf(listOf("a", "b"), 30.seconds)
        Patience.kindOf(listOf("b", "a"), 30.seconds) shouldBe kind
        val others = listOf(
            Patience.kindOf(listOf("a"), 30.seconds),
            Patience.kindOf(listOf("ab"), 30.seconds),
            Patience.kindOf(listOf("a", "b", "c"), 30.seconds),
            Patience.kindOf(listOf("a", "b"), 31.seconds),
        )
        (others + kind).toSet().size shouldBe 5
    }

    test("thousands of unseen changes are as good as a few") {
        with(Subject()) {
            becomePatient()
            repeat(5_000) { hear("many $it") }
            hearReport("many 0")
            patience.left().shouldBeAPause()
            hearReport("many 4999")
            patience.left() shouldBe LONGEST
        }
    }
})

private val ME = WorkerId(UUID(0, 1))
private val OTHER = WorkerId(UUID(0, 2))
private val KIND = UUID(1, 0)
private val LONGEST = 30.seconds

private class Subject(
    kind: UUID? = KIND,
    seed: Int = 1,
) {
    val time = TestTimeSource()
    var isBusy = false
    val patience = Patience(ME, kind, time, Random(seed)) { isBusy }

    fun hear(vararg changes: String) = changes.forEach { patience.hear(News.Changed(it)) }

    fun hearReport(
        after: String,
        found: Boolean = false,
        nextDue: Duration? = null,
        worker: WorkerId = OTHER,
        kind: UUID = KIND,
    ) = patience.hear(
        News.NothingDue(QueueEvent.NothingDue(after, kind, worker, found, nextDue, Instant.fromEpochSeconds(0))),
    )

    fun claim(jobs: Int) {
        patience.claiming()
        patience.claimed(jobs)
    }

    fun wait(nextDue: Duration? = null) = patience.waiting(LONGEST, nextDue, isBlocked = false)

    /** Claims after [change], if one is given, and returns the report about it. */
    fun wokenClaim(change: String?, jobs: Int, nextDue: Duration? = null): Report? {
        if (change != null) hear(change)
        claim(jobs)
        return patience.report { nextDue }.also { wait() }
    }

    /** Loses the job of the change "1" to another worker. */
    fun becomePatient() {
        wokenClaim("1", jobs = 0)
        hearReport("1", found = true)
    }
}

private fun Duration.shouldBeAPause() {
    this shouldBeGreaterThanOrEqualTo 5.milliseconds
    this shouldBeLessThanOrEqualTo 25.milliseconds
}
