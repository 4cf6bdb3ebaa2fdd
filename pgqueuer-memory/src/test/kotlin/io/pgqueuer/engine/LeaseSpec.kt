package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.ranges.shouldBeIn
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.JobStatus
import io.pgqueuer.LeaseLostException
import io.pgqueuer.NewJob
import io.pgqueuer.RunOptions
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.WorkerId
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class LeaseSpec : FunSpec({
    test("a handler that runs far longer than the heartbeat timeout keeps its job") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            var runs = 0
            val workers = List(2) {
                backend.worker {
                    entrypoint("e") {
                        runs++
                        delay(2.hours)
                    }
                }
            }
            workers.forEach { start(it, RunOptions { heartbeatTimeout = 30.seconds }) }
            delay(3.hours)
            runs shouldBe 1
            backend.statuses(id).shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
        }
    }

    test("all leases of a worker are renewed in one step, at least twice in a heartbeat timeout") {
        engineTest { real ->
            val backend = FaultyBackend(real)
            var renewals = 0
            backend.faults.beforeRenew = { renewals++ }
            real.queue.enqueueAll(List(500) { NewJob("e") })
            start(
                backend.worker {
                    entrypoint("e") { awaitCancellation() }
                },
                RunOptions { heartbeatTimeout = 30.seconds },
            )
            delay(5.minutes)
            renewals shouldBeLessThanOrEqual 30
            real.insights.queueSize().sumOf { it.count } shouldBe 500
        }
    }

    test("a worker that cannot renew loses the job, learns so, and writes nothing for it") {
        engineTest { real ->
            val cutOff = FaultyBackend(real)
            cutOff.faults.beforeRenew = { if (elapsed < 2.minutes) throw StoreUnavailableException("cut off") }
            cutOff.faults.beforeSettle = { if (elapsed < 2.minutes) throw StoreUnavailableException("cut off") }
            cutOff.faults.beforeClaim = { if (elapsed > Duration.ZERO) throw StoreUnavailableException("cut off") }
            val id = real.queue.enqueue("e")
            val lost = CompletableDeferred<Pair<Duration, CancellationException>>()
            val stalled = cutOff.worker {
                entrypoint("e") {
                    try {
                        awaitCancellation()
                    } catch (e: CancellationException) {
                        lost.complete(elapsed to e)
                        throw e
                    }
                }
            }
            val first = start(stalled)
            delay(1.seconds)
            var epoch = 0L
            var start = Duration.ZERO
            val second = real.worker {
                entrypoint("e") {
                    start = elapsed
                    epoch = leaseEpoch
                    delay(5.minutes)
                }
            }
            start(second)
            val (at, cause) = lost.await()
            cause.cause.shouldBeInstanceOf<LeaseLostException>().jobId shouldBe id
            at shouldBe 29.seconds
            delay(10.minutes)
            start shouldBe 30.seconds
            epoch shouldBe 30.seconds.inWholeMicroseconds
            real.statuses(id)
                .shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
            stalled.shutdown()
            first.join()
        }
    }

    test("a handler that goes on after its lease was lost ends nothing") {
        engineTest { real ->
            val cutOff = FaultyBackend(real)
            cutOff.faults.beforeRenew = { throw StoreUnavailableException("cut off") }
            cutOff.faults.beforeClaim = { if (elapsed > Duration.ZERO) throw StoreUnavailableException("cut off") }
            val id = real.queue.enqueue("e")
            val stalled = cutOff.worker { entrypoint("e") { withContext(NonCancellable) { delay(3.minutes) } } }
            start(stalled)
            delay(1.seconds)
            start(real.worker { entrypoint("e") { delay(10.minutes) } })
            delay(5.minutes)
            real.insights.job(id)?.status shouldBe JobStatus.PICKED
            delay(10.minutes)
            real.statuses(id)
                .shouldContainExactly(JobStatus.QUEUED, JobStatus.PICKED, JobStatus.PICKED, JobStatus.SUCCESSFUL)
        }
    }

    test("a job whose worker dies under it is taken over when its heartbeat expires, and held in the end") {
        engineTest { real ->
            val id = real.queue.enqueue("killer")
            val starts = mutableListOf<Duration>()
            repeat(4) {
                val dying = FaultyBackend(real)
                val worker = dying.worker {
                    entrypoint("killer") {
                        starts += elapsed
                        // From here on nothing of this worker reaches the store.
                        dying.faults.beforeClaim = { awaitCancellation() }
                        dying.faults.beforeRenew = { awaitCancellation() }
                        dying.faults.beforeSettle = { awaitCancellation() }
                        awaitCancellation()
                    }
                }
                start(
                    worker,
                    RunOptions {
                        heartbeatTimeout = 30.seconds
                        maxRescues = 3
                    },
                )
                delay(30.seconds)
            }
            // Each worker leaves expired leases alone for its first 15 s.
            starts.shouldContainExactly(0.seconds, 45.seconds, 75.seconds)
            real.queue.heldJobs().map { it.job.id }.shouldContainExactly(id)
            real.insights.log(id).last().failure?.type shouldBe "io.pgqueuer.PoisonJobException"
        }
    }

    test("a worker that claims all the time looks for expired leases once a second, and takes them over") {
        engineTest { real ->
            val id = real.queue.enqueue("e")
            val dead = ClaimRequest(WorkerId(UUID(0, 1)), listOf(ClaimTarget("e")), 1, LEASE, maxRescues = 3)
            real.store.jobs.claim(dead).jobs.map { it.job.id } shouldContainExactly listOf(id)

            val busy = FaultyBackend(real)
            val looks = mutableListOf<Boolean>()
            busy.faults.beforeClaim = { looks += it.takeOver }
            var takenOver: Duration? = null
            val worker = busy.worker {
                entrypoint("e") { if (it.id == id) takenOver = elapsed }
            }
            start(worker, RunOptions { heartbeatTimeout = LEASE })
            repeat(6_000) {
                real.queue.enqueue("e")
                delay(10.milliseconds)
            }
            checkNotNull(takenOver) shouldBeIn LEASE..LEASE + 1.seconds
            looks.size shouldBeGreaterThanOrEqual 6_000
            // Not in the first half of a lease timeout, and then once a second.
            looks.count { it } shouldBeInRange 40..46
        }
    }
})

private val LEASE = 30.seconds
