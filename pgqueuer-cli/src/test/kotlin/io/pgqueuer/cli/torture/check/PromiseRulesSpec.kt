package io.pgqueuer.cli.torture.check

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.HELD
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.cli.torture.record.Ending.CANCELLED
import io.pgqueuer.cli.torture.record.Ending.FAILED
import io.pgqueuer.cli.torture.record.FaultKind
import io.pgqueuer.cli.torture.record.Outcome
import io.pgqueuer.cli.torture.worker.Task

class PromiseRulesSpec : FunSpec({
    allowed("a job that runs is canceled") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 4.0, CANCELLED, outcome = Outcome.CANCELED)
        told.canceled(7, at(3.0))
        logged(7, at = 4.1, CANCELED)
    }
    broken("a canceled job succeeds", "was canceled, and ended otherwise") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 4.0)
        told.canceled(7, at(3.0))
        logged(7, at = 4.1, SUCCESSFUL)
    }
    broken("a canceled job runs again", "and ran again") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, FAILED)
        told.canceled(7, at(2.5))
        logged(7, at = 3.1, QUEUED, failure = "not yet")
        ran(7, from = 4.0, to = 5.0)
        logged(7, at = 5.1, CANCELED)
    }
    broken("the handler of a canceled job runs on", "and its handler ran until") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 9.0)
        told.canceled(7, at(3.0))
        logged(7, at = 9.1, CANCELED)
    }
    allowed("the handler of a canceled job runs on while its process is stopped") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 9.0, CANCELLED)
        told.canceled(7, at(3.0))
        fault(FaultKind.STOP, from = 2.5, to = 8.5, 1)
        logged(7, at = 9.1, CANCELED)
    }
    broken("a requeue is undone", "was requeued 1 times, the log has 0") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, FAILED)
        logged(7, at = 3.1, HELD, failure = Task.NEVER)
        told.requeued(7)
        left(7, HELD)
    }
    broken("a call fails as it should not", "enqueue threw java.sql.SQLException") {
        told.strange("enqueue threw java.sql.SQLException")
    }
})
