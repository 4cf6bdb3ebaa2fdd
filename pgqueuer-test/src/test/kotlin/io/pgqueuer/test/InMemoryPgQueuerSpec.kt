package io.pgqueuer.test

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.jobType
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val Mail = jobType<String>("mail")

@OptIn(ExperimentalCoroutinesApi::class)
private val TestScope.elapsed: Duration get() = currentTime.milliseconds

@OptIn(ExperimentalCoroutinesApi::class)
class InMemoryPgQueuerSpec : FunSpec({
    test("a retry after five minutes runs when time is advanced so far, and not before") {
        runTest {
            val runs = mutableListOf<Duration>()
            val pgq = inMemoryPgQueuer {
                entrypoint("mail") {
                    runs += elapsed
                    if (attempt == 1) throw RetryRequested(5.minutes)
                }
            }
            val id = pgq.queue.enqueue("mail")
            pgq.start()
            advanceTimeBy(5.minutes)
            runs shouldContainExactly listOf(Duration.ZERO)
            pgq.statusOf(id) shouldBe JobStatus.QUEUED
            advanceTimeBy(1.seconds)
            runs shouldContainExactly listOf(Duration.ZERO, 5.minutes)
            pgq.statusOf(id) shouldBe JobStatus.SUCCESSFUL
            pgq.assertNoFailures()
        }
    }

    test("delays, schedules and timeouts go by the time of the test") {
        runTest {
            val events = mutableListOf<String>()
            val pgq = inMemoryPgQueuer {
                schedule("nightly", "0 2 * * *") { events += "nightly ${elapsed.inWholeHours}" }
                entrypoint("later") { events += "later ${elapsed.inWholeHours}" }
                entrypoint(
                    "stuck",
                    {
                        timeout = 1.hours
                        retry = RetryPolicy.NONE
                    },
                ) {
                    try {
                        awaitCancellation()
                    } finally {
                        events += "stuck ${elapsed.inWholeHours}"
                    }
                }
            }
            pgq.queue.enqueue("later") { delay = 20.hours }
            pgq.queue.enqueue("stuck")
            pgq.start()
            advanceTimeBy(2.days)
            events shouldContainExactly listOf("stuck 1", "nightly 2", "later 20", "nightly 26")
        }
    }

    test("a drain goes through all that is queued, whenever it is due") {
        runTest {
            val pgq = inMemoryPgQueuer { entrypoint(Mail) { } }
            repeat(3) { pgq.queue.enqueue(Mail, "$it") { delay = (it * 3).days } }
            pgq.drain().succeeded shouldBe 3
            elapsed shouldBe 6.days
        }
    }

    test("what was enqueued is told, also once it has ended, and by handlers and schedules too") {
        runTest {
            val pgq = inMemoryPgQueuer {
                entrypoint("first") { queue.enqueue(Mail, "from a handler") }
                entrypoint(Mail) { }
            }
            pgq.assertNothingEnqueued()
            pgq.queue.enqueue("first") { priority = 7 }
            pgq.backend.queue.enqueue(Mail, "by hand")
            pgq.drain()
            pgq.assertEnqueued(Mail, "by hand", "from a handler")
            pgq.enqueued("first").single().job.priority shouldBe 7
            pgq.enqueued.map { it.id.value } shouldContainExactly listOf(1L, 2L, 3L)
            pgq.assertNothingEnqueued("other")
        }
    }

    test("what a dedupe key kept out was not enqueued") {
        runTest {
            val pgq = inMemoryPgQueuer()
            pgq.queue.enqueueAll(
                List(2) {
                    NewJob("e", "$it".encodeToByteArray()) { dedupeKey = "k" }
                },
                OnConflict.SKIP,
            )
            pgq.enqueued.map { it.job.payload!!.decodeToString() } shouldContainExactly listOf("0")
        }
    }

    test("held jobs and failures can be looked at") {
        runTest {
            val pgq = inMemoryPgQueuer {
                entrypoint("held") { error("broken $attempt") }
                entrypoint("gone", { onFailure = OnFailure.DELETE }) { error("lost") }
            }
            pgq.heldJobs().shouldBeEmpty()
            val (held, gone) = pgq.queue.enqueueAll(listOf(NewJob("held"), NewJob("gone")))
            pgq.drain()
            pgq.heldJobs().single().run { job.id to failure?.message } shouldBe (held to "broken 5")
            pgq.statusOf(gone) shouldBe JobStatus.EXCEPTION
            pgq.failureOf(gone)?.message shouldBe "lost"
            pgq.statusOf(JobId(99)) shouldBe null
        }
    }

    test("assertions that do not hold say what is") {
        runTest {
            val pgq = inMemoryPgQueuer { entrypoint(Mail) { error("broken") } }
            pgq.queue.enqueue(Mail, "one")
            shouldThrow<AssertionError> { pgq.assertEnqueued(Mail, "two") }.message shouldBe
                "expected of 'mail' to be enqueued: [two], was: [one]"
            shouldThrow<AssertionError> { pgq.assertNothingEnqueued() }.message shouldBe
                """expected nothing to be enqueued, was: [job 1 of entrypoint 'mail' ("one")]"""
            pgq.assertNoFailures()
            pgq.drain()
            shouldThrow<AssertionError> { pgq.assertNoFailures() }.message shouldContain
                "job 1 of entrypoint 'mail' failed: java.lang.IllegalStateException: broken\n\tat "
        }
    }

    test("a worker that cannot run fails the test, where it is started") {
        val failed = runCatching { runTest { inMemoryPgQueuer().start().join() } }
        failed.exceptionOrNull()?.message.orEmpty() shouldContain "there is nothing to run"
    }
})
