package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.QueueEvent
import io.pgqueuer.port.ScheduleTarget
import io.pgqueuer.port.Signal
import io.pgqueuer.port.TableOperation
import io.pgqueuer.port.TableOperation.DELETE
import io.pgqueuer.port.TableOperation.INSERT
import io.pgqueuer.port.TableOperation.UPDATE
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

fun notificationConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("a listener first reports that it listens") {
        listening { }
    }

    test("an enqueue is heard") {
        listening {
            queue.enqueue("e")
            awaitChange(INSERT)
        }
    }

    test("an end is heard, good or bad") {
        queue.enqueueAll(List(2) { NewJob("e") })
        val (good, bad) = claim().jobs.map { it.lease }
        listening {
            settle(good, Outcome.Succeeded)
            awaitChange(DELETE)
            settle(bad, Outcome.Failed(failure(bad.jobId)))
            awaitChange(DELETE)
        }
    }

    test("what makes a job runnable again, or frees its slot, is heard as an update") {
        val id = queue.enqueue("e")
        listening {
            settle(claimOne().lease, Outcome.Retried(Duration.ZERO, failure(id)))
            awaitChange(UPDATE)
            settle(claimOne().lease, Outcome.Released)
            awaitChange(UPDATE)
            settle(claimOne().lease, Outcome.Held(failure(id)))
            awaitChange(UPDATE)
            queue.requeue(listOf(id))
            awaitChange(UPDATE)
            settle(claimOne().lease, Outcome.Retried(1.hours, failure(id)))
            awaitChange(UPDATE)
            queue.runNow(listOf(id))
            awaitChange(UPDATE)
        }
    }

    test("the hold of a poison job is heard as an update, for it frees a slot") {
        queue.enqueue("e")
        claimOne()
        advance(LEASE + 10.seconds)
        listening {
            claim(maxRescues = 1, worker = bob)
            awaitChange(UPDATE)
        }
    }

    test("the release of a schedule's run is heard") {
        val target = ScheduleTarget("report", "* * * * *", "UTC", cleanOld = false) { now, _ -> now + 1.hours }
        backend.store.schedules.register(listOf(target), LEASE)
        advance(1.hours)
        val lease = backend.store.schedules.claim(listOf(target), LEASE).runs.single().lease
        listening {
            backend.store.schedules.release(lease)
            await { it is QueueEvent.SchedulesChanged }
        }
    }

    test("resuming a schedule sends a notification") {
        val target = ScheduleTarget("report", "* * * * *", "UTC", cleanOld = false) { now, _ -> now + 1.hours }
        backend.store.schedules.register(listOf(target), LEASE)
        val ids = backend.schedules.list().map { it.id }
        backend.schedules.pause(ids)
        listening {
            backend.schedules.resume(ids)
            await { it is QueueEvent.SchedulesChanged }
        }
    }

    test("a pause sends a notification, and so does its end") {
        listening {
            queue.pause("e")
            await { it is QueueEvent.PausesChanged }
            queue.resume("e")
            await { it is QueueEvent.PausesChanged }
        }
    }

    test("a clear is heard") {
        queue.enqueue("e")
        listening {
            queue.clear("e")
            awaitChange(DELETE)
        }
    }

    test("a cancel is heard with the ids that it canceled, and no others") {
        val held = held()
        val queued = queue.enqueue("e") { delay = 1.hours }
        val picked = queue.enqueue("e")
        claimOne()
        listening {
            queue.cancel(listOf(held, queued, picked, JobId(Long.MAX_VALUE)))
            awaitCanceled(2) shouldContainExactlyInAnyOrder listOf(queued, picked)
        }
    }

    test("a cancel of more ids than one notification holds is heard with all of them") {
        val ids = queue.enqueueAll(List(3_000) { NewJob("e") })
        listening {
            queue.cancel(ids)
            awaitCanceled(ids.size) shouldContainExactlyInAnyOrder ids
        }
    }

    test("what is published reaches every listener as it was") {
        val sentAt = Instant.parse("2026-11-20T14:11:04.304586Z")
        val check = QueueEvent.HealthCheck(UUID(1, 2), sentAt)
        val canceled = QueueEvent.JobsCanceled(listOf(JobId(8), JobId(Long.MAX_VALUE)), sentAt, isRecorded = true)
        val changes = TableOperation.entries.map { QueueEvent.TableChanged(it, sentAt) }
        val nothingDue = listOf(null, 5.seconds).map { nextDue ->
            QueueEvent.NothingDue("8", UUID(3, 4), alice, found = nextDue == null, nextDue, sentAt)
        }
        val all = changes + check + canceled + nothingDue + QueueEvent.SchedulesChanged(sentAt) +
            QueueEvent.PausesChanged(sentAt)
        listening {
            val first = this
            listening {
                all.forEach { backend.store.notifications.publish(it) }
                for (listener in listOf(first, this)) {
                    all.forEach { event -> listener.await { it == event } }
                }
            }
        }
    }

    test("events come in the order in which one sender sent them, none lost, however slow the listener") {
        listening {
            val ids = List(500) { UUID(3, it.toLong()) }
            ids.forEach { backend.store.notifications.publish(QueueEvent.HealthCheck(it, Instant.fromEpochSeconds(0))) }
            ids.forEach { id -> (next() as QueueEvent.HealthCheck).id shouldBe id }
        }
    }

    test("all listeners receive the changes in the same order, each with an id that no other change has") {
        val last = QueueEvent.HealthCheck(UUID(1, 2), Instant.fromEpochSeconds(0))
        listening {
            val first = this
            listening {
                coroutineScope {
                    repeat(4) {
                        launch(Dispatchers.Default) {
                            repeat(25) {
                                queue.enqueue("e")
                                queue.enqueue("e") { delay = 1.hours }
                            }
                        }
                    }
                }
                backend.store.notifications.publish(last)
                val ids = changesUntil(last)
                ids.shouldNotBeEmpty().shouldBeUnique()
                first.changesUntil(last) shouldBe ids
            }
        }
    }

    test("a job is there to claim once its event is heard") {
        listening {
            repeat(20) {
                coroutineScope {
                    launch(Dispatchers.Default) { queue.enqueue("e") }
                    awaitChange(INSERT)
                    claim().jobs.size shouldBe 1
                }
            }
        }
    }
}

/** Runs [body] while a listener receives notifications. */
private suspend fun StoreUnderTest.listening(body: suspend Heard.() -> Unit) = coroutineScope {
    val signals = Channel<Signal>(Channel.UNLIMITED)
    val listener = launch(Dispatchers.Default) { backend.store.notifications.listen().collect(signals::send) }
    try {
        withTimeout(PATIENCE) { signals.receive() } shouldBe Signal.Listening
        Heard(signals).body()
    } finally {
        listener.cancelAndJoin()
    }
}

private class Heard(private val signals: Channel<Signal>) {
    suspend fun next(): QueueEvent = withTimeout(PATIENCE) { (signals.receive() as Signal.Received).event }

    suspend fun await(wanted: (QueueEvent) -> Boolean): QueueEvent {
        while (true) next().let { if (wanted(it)) return it }
    }

    /** Returns the ids of the changes that arrive before [last]. */
    suspend fun changesUntil(last: QueueEvent): List<String> = buildList {
        while (true) {
            val received = withTimeout(PATIENCE) { signals.receive() as Signal.Received }
            if (received.event == last) break
            if (received.event is QueueEvent.TableChanged) add(received.id.shouldNotBeNull())
        }
    }

    suspend fun awaitChange(operation: TableOperation) {
        await { it is QueueEvent.TableChanged && it.operation == operation }
    }

    suspend fun awaitCanceled(count: Int): List<JobId> {
        val ids = mutableListOf<JobId>()
        while (ids.size < count) ids += (await { it is QueueEvent.JobsCanceled } as QueueEvent.JobsCanceled).ids
        return ids
    }
}

private val PATIENCE = 20.seconds
