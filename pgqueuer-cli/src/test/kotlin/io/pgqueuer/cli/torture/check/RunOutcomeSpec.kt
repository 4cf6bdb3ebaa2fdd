package io.pgqueuer.cli.torture.check

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.cli.torture.record.Ending.FAILED
import io.pgqueuer.cli.torture.record.FaultKind
import io.pgqueuer.cli.torture.record.Outcome

class RunOutcomeSpec : FunSpec({
    broken("a success is written before its handler has ended", "but its handler ran until") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0)
        logged(7, at = 2.9, SUCCESSFUL)
    }
    broken("a success is written of a handler that failed", "but its handler ended as 'failed'") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, FAILED)
        logged(7, at = 3.1, SUCCESSFUL)
    }
    broken("a failure is written of a handler that succeeded", "but its handler ended as 'returned'") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0)
        logged(7, at = 3.1, QUEUED, failure = "not yet")
        ran(7, from = 4.0, to = 5.0)
        logged(7, at = 5.1, SUCCESSFUL)
    }
    broken("a success is written without a run", "but no handler ran") {
        enqueued(7, at = 1.0)
        logged(7, at = 2.0, PICKED)
        logged(7, at = 3.1, SUCCESSFUL)
    }
    broken("a success is written by a worker that was killed", "but its handler never ended") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, ending = null)
        fault(FaultKind.KILL, from = 3.0, to = 3.0, 1)
        logged(7, at = 8.0, SUCCESSFUL)
    }
    broken("a worker writes the success of a job that another one runs by then", "but its handler ran until") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 10.1, process = 1)
        fault(FaultKind.STOP, from = 3.0, to = 10.0, 1)
        ran(7, from = 8.0, to = 12.0, process = 2)
        logged(7, at = 10.2, SUCCESSFUL)
    }
    broken("a confirmed outcome is undone by a crash", "'succeeded' was confirmed of the run") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, outcome = Outcome.SUCCEEDED)
        fault(FaultKind.CRASH, from = 3.5, to = 4.0)
        ran(7, from = 8.0, to = 9.0, process = 2)
        logged(7, at = 9.1, SUCCESSFUL)
    }
    broken("one claim starts two runs", "was started 2 times by one claim") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0)
        ran(7, from = 2.0, to = 3.0, isLogged = false)
        logged(7, at = 3.1, SUCCESSFUL)
    }
    allowed("the answer is lost, and meanwhile another run has succeeded", mapOf(Cause.CLAIM_UNDONE to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, outcome = Outcome.SUCCEEDED, confirmedAfter = 4.0, isLogged = false)
        fault(FaultKind.CRASH, from = 3.0, to = 4.0)
        ran(7, from = 5.0, to = 6.0, process = 2)
        logged(7, at = 6.1, SUCCESSFUL)
    }
})
