package io.pgqueuer.cli.torture

import io.pgqueuer.Backend
import io.pgqueuer.JobStatus
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.cli.torture.check.Evidence
import io.pgqueuer.cli.torture.check.Rules
import io.pgqueuer.cli.torture.fault.Admin
import io.pgqueuer.cli.torture.fault.FaultMaker
import io.pgqueuer.cli.torture.fault.planFaults
import io.pgqueuer.cli.torture.record.Tables
import io.pgqueuer.cli.torture.record.Told
import io.pgqueuer.cli.torture.worker.Entrypoint
import io.pgqueuer.exposed.postgresBackend
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
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
    private val server: TortureServer,
    private val crew: Crew,
    private val tell: (String) -> Unit,
) {
    private val told = Told()
    private val admin = Admin(server.settings)
    private val faults = FaultMaker(server, crew, admin)
    private val began = TimeSource.Monotonic.markNow()

    /** How many jobs have not ended, and are not held, as was last seen. */
    @Volatile
    private var open = 0L

    suspend fun run(): Evidence = postgresBackend(
        server.settings.with {
            applicationName = "torture producer"
            connectTimeout = 2.seconds
        },
    ).use { backend ->
        backend.schema.install()
        crew.start()
        val hasEnded = coroutineScope {
            val watching = listOf(launch { crew.watch() }, launch { watch(backend) })
            workUnderFaults(backend)
            val hasEnded = withTimeoutOrNull(ENDS_WITHIN) { awaitEnd(backend) } != null
            watching.forEach { it.cancelAndJoin() }
            hasEnded
        }
        crew.shutDown()
        backend.schema.verify()
        val troubles = if (hasEnded) crew.troubles else crew.troubles + "$open jobs have not ended within $ENDS_WITHIN"
        Evidence(admin.run(Tables::read), crew.all.map { it.record() }, faults.made, told, RULES, troubles)
    }

    private suspend fun workUnderFaults(backend: Backend) = coroutineScope {
        val load = listOf(
            launch { Producer(backend, told, Random(seed)).run(isFull = { open > MOST_OPEN }) },
            launch { Meddler(backend, told, Random(seed)).run() },
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
    private suspend fun watch(backend: Backend) {
        var next = Duration.ZERO
        while (true) {
            count(backend)
            val time = began.elapsedNow()
            if (time >= next) {
                tell(
                    "${time.inWholeSeconds} s: ${told.enqueued.size} jobs enqueued, $open open, ${faults.made.size} faults",
                )
                next = time + TELL_EVERY
            }
            delay(LOOK_EVERY)
        }
    }

    private suspend fun awaitEnd(backend: Backend) {
        while (!count(backend) || open > 0) delay(LOOK_EVERY)
    }

    /** Returns whether the server has answered. */
    private suspend fun count(backend: Backend): Boolean = try {
        open = backend.insights.queueSize().filter { it.status != JobStatus.HELD }.sumOf { it.count }
        true
    } catch (_: StoreUnavailableException) {
        false
    }

    companion object {
        /** The leases are short, so that many expire. */
        val RULES = Rules(Entrypoint.LIMITS, leaseTimeout = 4.seconds, maxRescues = 3)

        private const val MOST_OPEN = 1_000
        private val LOOK_EVERY = 500.milliseconds
        private val TELL_EVERY = 5.seconds

        /** Most of it is for machines that are busy: leases expire and retries are due within seconds. */
        private val ENDS_WITHIN = 2.minutes
    }
}
