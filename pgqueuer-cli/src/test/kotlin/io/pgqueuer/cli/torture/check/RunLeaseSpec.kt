package io.pgqueuer.cli.torture.check

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.JobStatus.QUEUED
import io.pgqueuer.JobStatus.SUCCESSFUL
import io.pgqueuer.cli.torture.record.Ending.CANCELLED
import io.pgqueuer.cli.torture.record.FaultKind
import io.pgqueuer.cli.torture.record.Outcome

class RunLeaseSpec : FunSpec({
    allowed("the worker was killed", mapOf(Cause.KILLED to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, ending = null, process = 1)
        fault(FaultKind.KILL, from = 3.0, to = 3.0, 1)
        ran(7, from = 7.0, to = 8.0, process = 2)
        logged(7, at = 8.1, SUCCESSFUL)
    }
    broken("another worker was killed", "nothing had happened to worker 1") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, process = 1)
        fault(FaultKind.KILL, from = 3.0, to = 3.0, 2)
        ran(7, from = 7.0, to = 8.0, process = 3)
        logged(7, at = 8.1, SUCCESSFUL)
    }
    broken("the worker was killed only after the job was claimed again", "nothing had happened to worker 1") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 4.0, process = 1)
        ran(7, from = 3.5, to = 5.0, process = 2)
        logged(7, at = 5.1, SUCCESSFUL)
        fault(FaultKind.KILL, from = 9.0, to = 9.0, 1)
    }
    allowed("the worker was stopped, and has a moment to notice", mapOf(Cause.STOPPED to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 10.9, CANCELLED, process = 1)
        fault(FaultKind.STOP, from = 3.0, to = 10.0, 1)
        ran(7, from = 8.0, to = 12.0, process = 2)
        logged(7, at = 12.1, SUCCESSFUL)
    }
    broken("the worker was stopped, and does not notice", "its lease was gone at") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 11.1, CANCELLED, process = 1)
        fault(FaultKind.STOP, from = 3.0, to = 10.0, 1)
        ran(7, from = 8.0, to = 12.0, process = 2)
        logged(7, at = 12.1, SUCCESSFUL)
    }
    allowed("the worker was shut down", mapOf(Cause.SHUT_DOWN to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 5.0, CANCELLED, outcome = Outcome.RELEASED)
        fault(FaultKind.SHUTDOWN, from = 3.0, to = 5.5, 1)
        logged(7, at = 5.1, QUEUED)
        ran(7, from = 6.0, to = 7.0, process = 2)
        logged(7, at = 7.1, SUCCESSFUL)
    }
    broken("a job is given back for no reason", "nothing had happened to worker 1") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 5.0, CANCELLED)
        logged(7, at = 5.1, QUEUED)
        ran(7, from = 6.0, to = 7.0)
        logged(7, at = 7.1, SUCCESSFUL)
    }
    allowed("the server was down for longer than a lease", mapOf(Cause.SERVER_DOWN to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 5.9, CANCELLED)
        fault(FaultKind.CRASH, from = 3.0, to = 9.0)
        logged(7, at = 9.1, QUEUED)
        ran(7, from = 10.0, to = 11.0)
        logged(7, at = 11.1, SUCCESSFUL)
    }
    allowed("the worker's connections were cut", mapOf(Cause.CUT to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 5.9, CANCELLED)
        fault(FaultKind.CUT_CONNECTIONS, from = 3.0, to = 3.0, 1, 2)
        ran(7, from = 6.5, to = 11.0, process = 2)
        logged(7, at = 11.1, SUCCESSFUL)
    }
    allowed("the machine was too busy", mapOf(Cause.MACHINE to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 8.5, CANCELLED)
        paused(from = 3.0, to = 8.0)
        ran(7, from = 7.0, to = 11.0, process = 2)
        logged(7, at = 11.1, SUCCESSFUL)
    }
    allowed("a crash undid the claim, and the worker learns it late", mapOf(Cause.CLAIM_UNDONE to 1)) {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 8.0, CANCELLED, process = 1, isLogged = false)
        fault(FaultKind.CRASH, from = 2.3, to = 4.0)
        ran(7, from = 4.1, to = 9.0, process = 2)
        logged(7, at = 9.1, SUCCESSFUL)
    }
    broken("a crash undid the claim, and the worker never learns it", "its lease was gone at") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 9.5, process = 1, isLogged = false)
        fault(FaultKind.CRASH, from = 2.3, to = 4.0)
        ran(7, from = 4.1, to = 9.0, process = 2)
        logged(7, at = 9.1, SUCCESSFUL)
    }
    broken("a job runs by a claim that is not in the log", "by a claim that the log does not have") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, isLogged = false)
        ran(7, from = 4.0, to = 5.0)
        logged(7, at = 5.1, SUCCESSFUL)
    }
    broken("a crash was too late to have undone the claim", "by a claim that the log does not have") {
        enqueued(7, at = 1.0)
        ran(7, from = 2.0, to = 3.0, isLogged = false)
        fault(FaultKind.CRASH, from = 20.0, to = 21.0)
        ran(7, from = 24.0, to = 25.0)
        logged(7, at = 25.1, SUCCESSFUL)
    }
})
