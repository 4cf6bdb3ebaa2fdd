package io.pgqueuer.simulation

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.JobQueue
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunOptions
import io.pgqueuer.Schedules
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.Worker
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.memory.InMemoryBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.Store
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlin.random.Random
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/**
 * Workers, a producer, somebody who cancels jobs and somebody who pauses entrypoints, on one store, while things go wrong. After a while all faults end,
 * and everything that can run has to run.
 *
 * @param wrong changes the store; it is how tests make mistakes.
 */
internal class World(
    private val random: Random,
    private val steps: Steps,
    private val history: History,
    wrong: (Store) -> Store,
) {
    private val leaseTimeout = random.nextLong(4, 20).seconds
    val checker = Checker(LIMITS, history)
    private val scheduleChecker = ScheduleChecker(steps, checker)

    /** How often workers look for jobs without being told. */
    private var poll = if (random.nextBoolean()) 5.seconds else 1.hours

    /** How far the clock of the store is ahead of the time that passes. */
    private var storeAhead = 1.days
    private val faults = Faults(Random(random.nextLong()), steps)
    private val real: InMemoryBackend = inMemoryBackend(
        object : Clock {
            override fun now(): Instant = Instant.fromEpochSeconds(0) + steps.now + storeAhead
        },
    )
    private val store = wrong(real.store)
    private val known = LinkedHashSet<JobId>()
    private val slots = List(random.nextInt(2, 5), ::Slot)

    /** Where one worker runs at a time: when it has died, the next one starts. */
    private inner class Slot(
        private val number: Int,
    ) {
        private var starts = 0
        private lateinit var worker: Worker
        lateinit var process: Process
            private set

        fun start() {
            process = Process("worker $number.${++starts}", steps)
            history.add("$process starts")
            worker = workerOf(process)
            process.launch("run") {
                val options = RunOptions {
                    heartbeatTimeout = leaseTimeout
                    dequeueTimeout = poll
                    shutdownTimeout = 3.seconds
                    logAggregationInterval = null
                }
                while (true) {
                    try {
                        history.add("$process ended: ${worker.run(options)}")
                        return@launch
                    } catch (_: StoreUnavailableException) {
                        // The store did not answer at the start.
                        delay(1.seconds)
                    }
                }
            }
        }

        fun kill() {
            history.add("$process is killed")
            process.kill()
            checker.killed(process)
            scheduleChecker.killed(process)
        }

        fun shutDown() {
            history.add("$process is asked to stop")
            process.launch("shutdown") { worker.shutdown() }
        }
    }

    /** Runs in the process of the world itself, which nothing happens to. */
    suspend fun run() = coroutineScope {
        slots.forEach { it.start() }
        val producer = Process("producer", steps)
        producer.launch("produce") { produce(producer) }
        val canceling = Process("canceling", steps)
        canceling.launch("cancel") { cancel(canceling) }
        val pausing = Process("pausing", steps)
        pausing.launch("pause") { pause(pausing) }
        disturb(until = steps.now + random.nextLong(30, 240).seconds)
        history.add("the faults end")
        faults.isActive = false
        faults.isRestarting = true
        // The minutes of the schedule are those of the store. If its clock went back, the next run may be far away.
        setStoreClock(storeAhead.inWholeMinutes.minutes + 10.minutes)
        poll = 1.hours
        slots.forEach {
            it.kill()
            it.start()
        }
        producer.kill()
        canceling.kill()
        pausing.kill()
        backendOf(Process("resuming", steps)).queue.run { ENTRYPOINTS.forEach { resume(it) } }
        val end = steps.now + PATIENCE
        while (isSomethingOpen() && steps.now < end) delay(1.seconds)
        if (checker.violations.isEmpty()) calm()
        checker.finish(real.insights, known)
    }

    /**
     * Some minutes in which nothing goes wrong except that listeners lose their connections. Workers hardly poll. Jobs
     * and schedules start promptly all the same, and handlers of canceled jobs end.
     */
    private suspend fun calm() {
        val begin = steps.now
        history.add("a calm time begins")
        val process = Process("calm", steps)
        val backend = backendOf(process)
        val queue = backend.queue
        repeat(CALM_ROUNDS) {
            val endless = queue.enqueue("free", Behavior.ENDLESS.name)
            val jobs = List(3) {
                delay(random.nextLong(8).milliseconds)
                queue.enqueue("free", Behavior.QUICK.name)
            }
            known += jobs + endless
            delay(PROMPTLY)
            (jobs + endless).forEach { checker.requireStarted(it, PROMPTLY) }
            queue.cancel(listOf(endless))
            delay(PROMPTLY)
            checker.requireStopped(endless, PROMPTLY)
            delay(random.nextLong(20_000).milliseconds)
        }
        requireRunsAfterPauses(queue)
        scheduleChecker.requireRuns(from = begin + LONGEST_SCHEDULED, until = steps.now, within = PROMPTLY)
        requireRestOfPausedSchedule(backend.schedules)
    }

    private suspend fun requireRunsAfterPauses(queue: JobQueue) {
        queue.pause("free")
        val resumed = queue.enqueue("free", Behavior.QUICK.name)
        delay(PROMPTLY)
        queue.resume("free")
        delay(PROMPTLY)
        checker.requireStarted(resumed, PROMPTLY)
        queue.pause("free") { duration = PROMPTLY }
        val awaited = queue.enqueue("free", Behavior.QUICK.name)
        delay(PROMPTLY * 2)
        checker.requireStarted(awaited, PROMPTLY)
        known += listOf(resumed, awaited)
    }

    private suspend fun requireRestOfPausedSchedule(schedules: Schedules) {
        val ids = schedules.list().map { it.id }
        schedules.pause(ids)
        // A claim may be on its way.
        delay(PROMPTLY)
        val begin = steps.now
        delay(1.minutes)
        scheduleChecker.requireNone(from = begin, until = steps.now)
        schedules.resume(ids)
        val resumed = steps.now
        delay(1.minutes + PROMPTLY * 2)
        scheduleChecker.requireRuns(from = resumed, until = steps.now, within = PROMPTLY)
    }

    private suspend fun isSomethingOpen() = real.insights.queueSize().any { it.status in OPEN }

    private suspend fun disturb(until: Duration) {
        while (steps.now < until) {
            delay(random.nextLong(15_000).milliseconds)
            val slot = slots.random(random)
            when (random.nextInt(9)) {
                0, 1 -> {
                    slot.kill()
                    delay(random.nextLong(15_000).milliseconds)
                    slot.start()
                }

                2, 3 -> {
                    val span = (leaseTimeout * 2).inWholeMilliseconds.let(random::nextLong).milliseconds
                    history.add("${slot.process} is stopped for $span")
                    slot.process.stall(span)
                }

                4 -> {
                    val span = random.nextLong(40_000).milliseconds
                    history.add("the store is out for $span")
                    faults.startOutage(span)
                }

                5 -> {
                    slot.process.clockError = random.nextLong(-100_000, 100_000).seconds
                    history.add("the clock of ${slot.process} is ahead by ${slot.process.clockError}")
                }

                6 -> {
                    slot.shutDown()
                    delay(random.nextLong(15_000).milliseconds)
                    slot.kill()
                    slot.start()
                }

                7 -> setStoreClock(storeAhead + random.nextLong(-60, 60).seconds)

                else -> Unit
            }
        }
    }

    private fun setStoreClock(ahead: Duration) {
        history.add("the clock of the store jumps by ${ahead - storeAhead}")
        storeAhead = ahead
        // By then, each process has renewed its leases, or given them up.
        steps.surprisedUntil = steps.now + leaseTimeout
    }

    private suspend fun produce(process: Process) {
        val queue = backendOf(process).queue
        while (true) {
            val jobs = List(random.nextInt(1, 6)) {
                NewJob(ENTRYPOINTS.random(random), Behavior.ORDINARY.random(random).name) {
                    priority = random.nextInt(3)
                    if (random.nextInt(8) == 0) dedupeKey = "key ${random.nextInt(3)}"
                    if (random.nextInt(5) == 0) delay = random.nextLong(20_000).milliseconds
                }
            }
            attempt {
                val ids = queue.enqueueAll(jobs, OnConflict.SKIP).filterNotNull()
                known += ids
                history.add("$process enqueued $ids")
            }
            delay(random.nextLong(6_000).milliseconds)
        }
    }

    private suspend fun cancel(process: Process) {
        val queue = backendOf(process).queue
        while (true) {
            delay(random.nextLong(15_000).milliseconds)
            if (random.nextInt(3) == 0) {
                attempt { queue.requeue(queue.heldJobs(limit = 5).map { it.job.id }) }
            } else {
                known.randomOrNull(random)?.let { id -> attempt { queue.cancel(listOf(id)) } }
            }
        }
    }

    private suspend fun pause(process: Process) {
        val queue = backendOf(process).queue
        while (true) {
            delay(random.nextLong(40_000).milliseconds)
            val entrypoint = ENTRYPOINTS.random(random)
            attempt { queue.pause(entrypoint) }
            delay(random.nextLong(15_000).milliseconds)
            attempt { queue.resume(entrypoint) }
        }
    }

    private suspend fun attempt(block: suspend () -> Unit) = try {
        block()
    } catch (_: StoreUnavailableException) {
        // Nobody knows whether it took effect.
    } catch (_: DuplicateJobException) {
        // A held job cannot be requeued while another one has its key.
    }

    private fun backendOf(process: Process) = StoreBackend(
        ProcessStore(store, process, steps.time, faults, checker, Random(random.nextLong())),
    )

    private fun workerOf(process: Process): Worker = backendOf(process).worker {
        schedule("each minute", "* * * * *") {
            history.add("$process runs the schedule")
            scheduleChecker.started(process)
            try {
                delay(random.nextLong(LONGEST_SCHEDULED.inWholeMilliseconds).milliseconds)
            } finally {
                scheduleChecker.ended(process)
            }
        }
        defaults { retry = RetryPolicy.exponential(maxAttempts = 4, initialDelay = 2.seconds) }
        for (name in ENTRYPOINTS) {
            entrypoint(name, { concurrencyLimit = LIMITS[name] }) { job ->
                checker.started(process, lease, name)
                var isSuccess = false
                try {
                    Behavior.valueOf(checkNotNull(job.payload).decodeToString()).run(this, random)
                    isSuccess = true
                } finally {
                    checker.ended(process, lease, isSuccess)
                }
            }
        }
    }

    private fun Process.launch(what: String, block: suspend () -> Unit) {
        val failed = CoroutineExceptionHandler { _, failure -> checker.violation("$name failed to $what: $failure") }
        CoroutineScope(this + SupervisorJob() + failed).launch {
            try {
                block()
            } catch (e: CancellationException) {
                currentCoroutineContext().ensureActive()
                checker.violation("$name: a stray cancellation ended '$what': $e")
            }
        }
    }

    private companion object {
        val ENTRYPOINTS = listOf("free", "limited", "one")
        val LIMITS = mapOf("limited" to 3, "one" to 1)
        val OPEN = setOf(JobStatus.QUEUED, JobStatus.PICKED)
        val PATIENCE = 12.hours
        const val CALM_ROUNDS = 6
        val LONGEST_SCHEDULED = 20.seconds

        /**
         * Enough for a listener to connect again, and for the renewal of a lease, by which a worker learns of a
         * cancellation if it was not notified.
         */
        val PROMPTLY = 8.seconds
    }
}
