package io.pgqueuer.cli.torture.fault

import io.pgqueuer.cli.torture.Crew
import io.pgqueuer.cli.torture.TortureServer
import io.pgqueuer.cli.torture.record.Fault
import io.pgqueuer.cli.torture.record.FaultKind
import io.pgqueuer.cli.torture.record.execute
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.time.Clock
import kotlin.time.Instant

/** Makes faults, and remembers them. */
internal class FaultMaker(
    private val server: TortureServer,
    private val crew: Crew,
    private val admin: Admin,
) {
    private val cutter = ConnectionCutter(admin)
    private val crashing = Mutex()
    private val silencing = Mutex()
    private val past = ConcurrentLinkedQueue<Fault>()

    /** The faults that are over. */
    val made: List<Fault> get() = past.sortedBy { it.from }

    /** Makes the fault, and returns when it is over and its victim works again. */
    suspend fun make(planned: PlannedFault) = when (planned.kind) {
        FaultKind.KILL -> crew.withOne(planned.choice) { kill(planned) }

        FaultKind.STOP -> crew.withOne(planned.choice) { stop(planned) }

        FaultKind.SHUTDOWN -> crew.withOne(planned.choice) {
            during(planned, setOf(process.number)) { shutDown() }
            fill()
        }

        FaultKind.CUT_LISTENER -> cut(planned) { cutter.cutListener(planned.choice) }

        FaultKind.CUT_CONNECTIONS -> cut(planned) { cutter.cutSome(planned.choice) }

        FaultKind.CRASH -> crashing.withLock { crash(planned) }

        FaultKind.SILENCE -> silencing.withLock { silence(planned) }
    }

    private suspend fun Crew.Place.kill(planned: PlannedFault) {
        during(planned, setOf(process.number)) { withContext(Dispatchers.IO) { process.kill() } }
        delay(planned.lasts)
        fill()
    }

    private suspend fun Crew.Place.stop(planned: PlannedFault) = during(planned, setOf(process.number)) {
        process.stop()
        delay(planned.lasts)
        process.resume()
    }

    private suspend fun crash(planned: PlannedFault) {
        val from = withContext(Dispatchers.IO) { server.crash() }
        during(planned, from = from) {
            delay(planned.lasts)
            withContext(Dispatchers.IO) { server.startAgain() }
        }
    }

    /** Nobody is woken by new jobs any more. */
    private suspend fun silence(planned: PlannedFault) {
        admin.run { it.execute("ALTER TABLE pgqueuer DISABLE TRIGGER tg_pgqueuer_changed") }
        during(planned) {
            delay(planned.lasts)
            admin.run { it.execute("ALTER TABLE pgqueuer ENABLE TRIGGER tg_pgqueuer_changed") }
        }
    }

    private suspend fun cut(planned: PlannedFault, cut: suspend () -> Set<Int>) {
        val from = now()
        val processes = cut()
        past += Fault(planned.kind, processes, from, now())
    }

    private suspend fun during(
        planned: PlannedFault,
        processes: Set<Int> = emptySet(),
        from: Instant = now(),
        block: suspend () -> Unit,
    ) {
        block()
        past += Fault(planned.kind, processes, from, now())
    }

    private fun now(): Instant = Clock.System.now()
}
