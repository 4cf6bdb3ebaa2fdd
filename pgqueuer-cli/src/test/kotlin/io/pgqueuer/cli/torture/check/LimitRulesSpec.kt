package io.pgqueuer.cli.torture.check

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.JobStatus.CANCELED
import io.pgqueuer.JobStatus.PICKED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.cli.torture.record.FaultKind

class LimitRulesSpec : FunSpec({
    fun MadeEvidence.one(id: Long, from: Double, to: Double, process: Int = 1, isLogged: Boolean = true) {
        ran(id, from, to, process = process, on = "one", isLogged = isLogged)
    }

    allowed("a job is claimed as soon as the one before has ended") {
        enqueued(7, at = 1.0, on = "one")
        enqueued(8, at = 1.0, on = "one")
        one(7, from = 2.0, to = 3.0)
        logged(7, at = 3.1, SUCCESSFUL, on = "one")
        one(8, from = 3.1, to = 4.0)
        logged(8, at = 4.1, SUCCESSFUL, on = "one")
    }
    broken("two jobs are picked at once, by the log", "2 jobs of 'one' are picked") {
        enqueued(7, at = 1.0, on = "one")
        enqueued(8, at = 1.0, on = "one")
        one(7, from = 2.0, to = 3.0)
        logged(8, at = 3.0, PICKED, on = "one")
        logged(7, at = 3.1, SUCCESSFUL, on = "one")
        logged(8, at = 3.2, CANCELED, on = "one")
    }
    broken("two jobs run at once, of which the log has one", "2 jobs of 'one' run at") {
        enqueued(7, at = 1.0, on = "one")
        enqueued(8, at = 1.0, on = "one")
        one(7, from = 2.0, to = 3.0)
        logged(7, at = 3.1, SUCCESSFUL, on = "one")
        one(8, from = 3.3, to = 5.0)
        // A crash undoes the end of job 8's claim only after job 9 began.
        enqueued(9, at = 1.0, on = "one")
        one(9, from = 4.0, to = 4.1, isLogged = false, process = 2)
        fault(FaultKind.CRASH, from = 4.2, to = 4.5)
        logged(8, at = 5.1, SUCCESSFUL, on = "one")
        one(9, from = 6.0, to = 7.0)
        logged(9, at = 7.1, SUCCESSFUL, on = "one")
    }
    allowed("a dead worker's job keeps its slot until it is claimed again", mapOf(Cause.KILLED to 1)) {
        enqueued(7, at = 1.0, on = "one")
        ran(7, from = 2.0, to = 3.0, ending = null, process = 1, on = "one")
        fault(FaultKind.KILL, from = 3.0, to = 3.0, 1)
        one(7, from = 7.0, to = 8.0, process = 2)
        logged(7, at = 8.1, SUCCESSFUL, on = "one")
    }
    allowed("a stopped worker has lost its slot", mapOf(Cause.STOPPED to 1)) {
        enqueued(7, at = 1.0, on = "one")
        enqueued(8, at = 1.0, on = "one")
        one(7, from = 2.0, to = 10.5, process = 1)
        fault(FaultKind.STOP, from = 2.5, to = 10.0, 1)
        one(7, from = 7.0, to = 8.0, process = 2)
        logged(7, at = 8.1, SUCCESSFUL, on = "one")
        one(8, from = 8.2, to = 9.0, process = 2)
        logged(8, at = 9.1, SUCCESSFUL, on = "one")
    }
})
