package io.pgqueuer.cli.torture.check

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.JobStatus.EXCEPTION
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.PoisonJobException
import io.pgqueuer.cli.torture.record.Ending.FAILED
import io.pgqueuer.cli.torture.record.FaultKind
import io.pgqueuer.cli.torture.record.Outcome
import io.pgqueuer.cli.torture.worker.Task

class LogRulesSpec : FunSpec({
    val poison = PoisonJobException::class.java.name

    allowed("a job runs once and ends") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, outcome = Outcome.SUCCEEDED)
        logged(7, at = 3.1, SUCCESSFUL)
    }
    allowed("a job fails, is retried and held, is requeued and ends") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, FAILED, outcome = Outcome.RETRIED)
        logged(7, at = 3.1, QUEUED, failure = "not yet")
        ran(7, from = 4.0, to = 5.0, FAILED, outcome = Outcome.HELD)
        logged(7, at = 5.1, HELD, failure = Task.NEVER)
        told.requeued(7)
        logged(7, at = 6.0, QUEUED)
        ran(7, from = 7.0, to = 8.0)
        logged(7, at = 8.1, SUCCESSFUL)
    }
    allowed("an enqueue that failed may have stored its job, or not") {
        told.failed()
        logged(7, at = 1.0, QUEUED)
        ran(7, from = 2.0, to = 3.0)
        logged(7, at = 3.1, SUCCESSFUL)
    }
    broken("a job that was enqueued is in no log", "job 7 (not in the log) was enqueued", lost = 1) {
        told.enqueued(7)
    }
    broken("a job is in the queue alone", "is queued in the queue") { left(7, QUEUED) }
    broken("a job has not ended", "has not ended", lost = 1) {
        enqueued(7, at = 1.0)
        left(7, QUEUED)
    }
    broken("a job has vanished from the queue", "is lost: it is not in the queue", lost = 1) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0)
    }
    broken("a held job has vanished", "is lost: it is not in the queue", lost = 1) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, FAILED)
        logged(7, at = 3.1, HELD, failure = Task.NEVER)
    }
    broken("a job that ended is still in the queue", "has ended and is in the queue") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0)
        logged(7, at = 3.1, SUCCESSFUL)
        left(7, PICKED)
    }
    broken("a job ends twice", "went on after its end: successful, then successful") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0)
        logged(7, at = 3.1, SUCCESSFUL)
        logged(7, at = 3.2, SUCCESSFUL)
    }
    broken("a job is claimed after its end", "went on after its end: successful, then picked") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0)
        logged(7, at = 3.1, SUCCESSFUL)
        logged(7, at = 4.0, PICKED)
    }
    broken("a job ends that nobody has claimed", "changed wrongly: queued, then successful") {
        enqueued(7, at = 1.0)
        logged(7, at = 3.1, SUCCESSFUL)
    }
    broken("a job is held that should have been retried", "ended wrongly: Failure(type=X, message=not yet)") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, FAILED)
        logged(7, at = 3.1, HELD, failure = "not yet")
        left(7, HELD)
    }
    broken("a job is deleted that should have been retried", "ended wrongly: Failure(type=X, message=not yet)") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, FAILED)
        logged(7, at = 3.1, EXCEPTION, failure = "not yet")
    }
    allowed("a job is held that killed three workers", mapOf(Cause.KILLED to 2)) {
        enqueued(7, at = 1.0)
        for (process in 1..3) {
            ran(7, from = process * 10.0, to = process * 10 + 1.0, ending = null, process)
            fault(FaultKind.KILL, from = process * 10 + 1.0, to = process * 10 + 1.0, process)
        }
        logged(7, at = 40.0, HELD, failure = "poison", type = poison)
        left(7, HELD)
    }
    broken("a job is held that killed two workers", "after 2 of 3 claims") {
        enqueued(7, at = 1.0)
        for (process in 1..2) {
            ran(7, from = process * 10.0, to = process * 10 + 1.0, ending = null, process)
            fault(FaultKind.KILL, from = process * 10 + 1.0, to = process * 10 + 1.0, process)
        }
        logged(7, at = 40.0, HELD, failure = "poison", type = poison)
        left(7, HELD)
    }
})
