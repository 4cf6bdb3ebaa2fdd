package io.pgqueuer.cli.torture

import io.pgqueuer.cli.torture.check.Evidence
import io.pgqueuer.cli.torture.check.Rules
import io.pgqueuer.cli.torture.fault.Admin
import io.pgqueuer.cli.torture.fault.FaultMaker
import io.pgqueuer.cli.torture.fault.planFaults
import io.pgqueuer.cli.torture.record.Tables
import io.pgqueuer.cli.torture.record.Told
import io.pgqueuer.cli.torture.worker.Entrypoint
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * One torture: load and faults for [duration], then time to finish everything.
 *
 * @param tell is called with a line of progress every few seconds.
 */
internal class Torture(
    private val seed: Long,
    private val duration: Duration,
    server: TortureServer,
    private val crew: Crew,
    private val tell: (String) -> Unit,
) {
    private val trial = Trial(server, crew)
    private val told = Told()
    private val admin = Admin(server.settings)
    private val faults = FaultMaker(server, crew, admin)
    private val began = TimeSource.Monotonic.markNow()

    suspend fun run(): Evidence = trial.use {
        val troubles = trial.run(watch = ::watch, load = ::workUnderFaults)
        Evidence(admin.run(Tables::read), crew.all.map { it.record() }, faults.made, told, RULES, troubles)
    }

    private suspend fun workUnderFaults() = coroutineScope {
        val load = listOf(
            launch { Producer(trial.backend, told, Random(seed)).run(isFull = { trial.open.count > MOST_OPEN }) },
            launch { Meddler(trial.backend, told, Random(seed)).run() },
        )
        val end = launch { delay(duration) }
        planFaults(seed, duration, RULES.leaseTimeout)
            .map { planned ->
                launch {
                    delay(planned.at)
                    faults.make(planned)
                }
            }.joinAll()
        end.join()
        load.forEach { it.cancelAndJoin() }
    }

    /** Counts the open jobs, and tells how far it is. */
    private suspend fun watch(): Nothing {
        var next = Duration.ZERO
        while (true) {
            trial.open.look()
            val time = began.elapsedNow()
            if (time >= next) {
                tell(
                    "${time.inWholeSeconds} s: ${told.enqueued.size} jobs enqueued, ${trial.open.count} open, " +
                        "${faults.made.size} faults",
                )
                next = time + TELL_EVERY
            }
            delay(OpenJobs.LOOK_EVERY)
        }
    }

    companion object {
        /** The leases are short, so that many expire. */
        private val RULES = Rules(Entrypoint.LIMITS, leaseTimeout = 4.seconds, maxRescues = 3)

        /** Its workers record all that their handlers do. */
        val WORKER = WorkerKind(
            "io.pgqueuer.cli.torture.worker.TortureWorkerKt::tortureWorker",
            options = mapOf(
                "--heartbeat-timeout" to "${RULES.leaseTimeout}",
                "--max-rescues" to "${RULES.maxRescues}",
                // Polls are what remains while there are no notifications.
                "--dequeue-timeout" to "1s",
            ),
        )

        private const val MOST_OPEN = 1_000
        private val TELL_EVERY = 5.seconds
    }
}
