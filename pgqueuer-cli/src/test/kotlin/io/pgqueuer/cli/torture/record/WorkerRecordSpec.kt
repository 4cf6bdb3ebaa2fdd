package io.pgqueuer.cli.torture.record

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.cli.temporaryFolder
import io.pgqueuer.cli.torture.worker.RecordWriter
import io.pgqueuer.cli.torture.worker.telling
import kotlin.io.path.appendText
import kotlin.io.path.div
import kotlin.time.Instant

class WorkerRecordSpec : FunSpec({
    val died = Instant.fromEpochSeconds(2_000_000_000)

    test("what was written is read again: a run that ended, one that did not, and a line that was cut off") {
        val file = temporaryFolder("record") / "record"
        val writer = RecordWriter(file)
        val one = RunKey.Job(id = 1, epoch = 1_800_000_000_000_001, entrypoint = "free")
        val two = RunKey.Job(id = 2, epoch = 1_800_000_000_000_002, entrypoint = "one")
        writer.ready()
        runCatching { writer.telling(one) { error("not yet") } }
        writer.settled(one, Outcome.RETRIED)
        writer.telling(RunKey.Schedule(epoch = 3)) { }
        writer.began(two)
        writer.paused(Instant.fromEpochSeconds(5), Instant.fromEpochSeconds(6, 7_000))
        writer.health(heap = 30_000_000, threads = 20)
        writer.health(heap = 30_000_001, threads = 21)
        file.appendText("end 18")

        val record = WorkerRecord.read(4, file, died)

        record.isReady shouldBe true
        val (first, second) = record.jobRuns
        listOf(first.key, first.ending, first.process) shouldBe listOf(one, Ending.FAILED, 4)
        first.claimed shouldBe Instant.fromEpochSeconds(1_800_000_000, 1_000)
        listOf(second.key, second.ending, second.end) shouldBe listOf(two, null, died)
        record.scheduleRuns.single().ending shouldBe Ending.RETURNED
        record.settled.mapValues { it.value.outcome } shouldBe mapOf(one to Outcome.RETRIED)
        record.pauses.single().to shouldBe Instant.fromEpochSeconds(6, 7_000)
        record.health?.run { heap to threads } shouldBe (30_000_001L to 21)
    }

    test("a process that was killed before it wrote anything has recorded nothing") {
        val record = WorkerRecord.read(1, temporaryFolder("record") / "none", died)

        record.isReady shouldBe false
        record.jobRuns.shouldBeEmpty()
        record.health shouldBe null
    }
})
