package io.pgqueuer.engine

import ch.qos.logback.classic.Level
import ch.qos.logback.classic.spi.ILoggingEvent
import ch.qos.logback.classic.spi.ThrowableProxy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.pgqueuer.Backend
import io.pgqueuer.NewJob
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunOptions
import io.pgqueuer.Severity
import io.pgqueuer.WorkerBuilder
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.seconds

/** What the application's log contains about failures. */
class FailureLogSpec : FunSpec({
    val broken = IllegalStateException("broken")
    val twice = RetryPolicy.fixed(2, 10.seconds)

    test("a failure that is retried is a warning, and the last one is an error; each has the exception, once") {
        engineTest { backend ->
            val logged = logOf(backend, listOf("mail")) { entrypoint("mail", { retry = twice }) { throw broken } }
            val failures = logged.filter { it.throwableProxy != null }
            failures.map { it.level } shouldContainExactly listOf(Level.WARN, Level.ERROR)
            failures.map { it.formattedMessage } shouldContainExactly listOf(
                "job 1 of entrypoint 'mail' failed on attempt 1; it runs again in 10s",
                "job 1 of entrypoint 'mail' failed for good on attempt 2; it is held",
            )
            failures.forEach { (it.throwableProxy as ThrowableProxy).throwable shouldBeSameInstanceAs broken }
            failures.forEach { it.mdcPropertyMap["jobId"] shouldBe "1" }
            logged.filter { "broken" in it.formattedMessage }.shouldBeEmpty()
        }
    }

    test("a job that is deleted is told as deleted") {
        engineTest { backend ->
            logOf(backend, listOf("mail")) {
                deleteFailedJobs()
                blockingEntrypoint("mail") { throw broken }
            }.single { it.level == Level.ERROR }.formattedMessage shouldBe
                "job 1 of entrypoint 'mail' failed for good on attempt 1; it is deleted"
        }
    }

    test("both severities can be chosen, and turned off") {
        engineTest { backend ->
            fun levels(logged: List<ILoggingEvent>) = logged.filter { it.throwableProxy != null }.map { it.level }
            val quiet = DRAIN.with {
                retrySeverity = Severity.DEBUG
                failureSeverity = Severity.INFO
            }
            val off = DRAIN.with {
                retrySeverity = Severity.OFF
                failureSeverity = Severity.OFF
            }
            val failing: WorkerBuilder.() -> Unit = { entrypoint("mail", { retry = twice }) { throw broken } }
            levels(logOf(backend, listOf("mail"), quiet, failing)) shouldContainExactly listOf(Level.DEBUG, Level.INFO)
            levels(logOf(backend, listOf("mail"), off, failing)).shouldBeEmpty()
        }
    }

    test("a handler that asks for a retry has not failed: no exception is logged, and no warning") {
        engineTest { backend ->
            val logged = logOf(backend, listOf("mail")) {
                entrypoint("mail") { if (attempt == 1) throw RetryRequested(5.seconds, "not yet") }
            }
            val told = logged.single { "not yet" in it.formattedMessage }
            told.level shouldBe Level.INFO
            told.throwableProxy.shouldBeNull()
        }
    }

    test("a payload that cannot be decoded is told with its cause") {
        engineTest { backend ->
            val type = io.pgqueuer.jobType<Int>("number")
            backend.queue.enqueue("number", "x".encodeToByteArray())
            val told = logOf(backend, emptyList()) { entrypoint(type) { } }.single { it.level == Level.ERROR }
            told.formattedMessage shouldContain "failed for good on attempt 1; it is held"
            told.throwableProxy.message shouldContain "cannot decode the 1 bytes of job 1"
        }
    }

    HostileThrowables.all.forEach { (name, make) ->
        test("an exception that does harm is told all the same, once: $name") {
            engineTest { backend ->
                val logged = logOf(backend, listOf("mail")) {
                    deleteFailedJobs()
                    entrypoint("mail") { throw make() }
                }
                val told = logged.single { it.level == Level.ERROR }
                told.formattedMessage shouldContain "job 1 of entrypoint 'mail' failed for good"
                told.formattedMessage.length shouldBe told.formattedMessage.take(70_000).length
            }
        }
    }

    test("a failed run of a schedule is told with the exception") {
        engineTest { backend ->
            val logger = "io.pgqueuer.engine.scheduling.ScheduleRuns"
            val told = loggedBy(logger, Level.DEBUG) {
                start(backend.worker { schedule("pulse", "* * * * * *") { throw broken } })
                delay(1.5.seconds)
            }.first()
            told.level shouldBe Level.ERROR
            told.formattedMessage shouldContain "schedule 'pulse' (* * * * * *) failed; it runs again at its next time"
            (told.throwableProxy as ThrowableProxy).throwable shouldBeSameInstanceAs broken
        }
    }

    test("the first job of each entrypoint that a run holds is a warning that says what to do") {
        engineTest { backend ->
            fun notices(logged: List<ILoggingEvent>) = logged.map { it.formattedMessage }.filter { "pgq failed" in it }
            val holding: WorkerBuilder.() -> Unit = {
                defaults { retry = RetryPolicy.NONE }
                entrypoint("a") { throw broken }
                entrypoint("b") { throw broken }
                entrypoint("c", { onFailure = OnFailure.DELETE }) { throw broken }
            }
            val notices = notices(logOf(backend, listOf("a", "b", "a", "c"), configure = holding))
            notices shouldHaveSize 2
            notices.single { "'a'" in it } shouldBe
                "job 1 is held, the first of entrypoint 'a' in this run. Held jobs " +
                "stay in the queue and do not run. List them with heldJobs() or `pgq failed --entrypoint a`, then " +
                "requeue or dismiss them"
            notices(logOf(backend, listOf("a"), configure = holding)) shouldHaveSize 1
        }
    }

    test("onGiveUp is called for each job that failed for good, after that is written, and for no other") {
        engineTest { backend ->
            val told = mutableListOf<String>()
            logOf(backend, listOf("ok", "a", "deleted", "later")) {
                onGiveUp { job, failure -> told += "${job.id} ${failure.message}" }
                onGiveUp { _, _ -> error("no pager") }
                entrypoint("ok") { }
                entrypoint("later") { if (attempt == 1) error("retried") }
                entrypoint("a", { retry = twice }) { throw broken }
                entrypoint("deleted", {
                    retry = RetryPolicy.NONE
                    onFailure = OnFailure.DELETE
                }) { throw broken }
            }
            told.sorted() shouldContainExactly listOf("2 broken", "3 broken")
        }
    }
})

/** Runs jobs of [entrypoints] until the queue is empty, and returns what the worker logged meanwhile. */
private suspend fun logOf(
    backend: Backend,
    entrypoints: List<String>,
    options: RunOptions = DRAIN,
    configure: WorkerBuilder.() -> Unit,
): List<ILoggingEvent> {
    backend.queue.enqueueAll(entrypoints.map { NewJob(it) })
    return loggedBy(WORKER_LOG, Level.DEBUG) { backend.worker(configure).run(options) }
}
