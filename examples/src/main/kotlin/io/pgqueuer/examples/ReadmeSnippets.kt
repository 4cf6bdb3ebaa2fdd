package io.pgqueuer.examples

import io.pgqueuer.Backend
import io.pgqueuer.JobQueue
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RetryRequested
import io.pgqueuer.RunReport
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.exposed.completeIn
import org.jetbrains.exposed.v1.core.Table
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.insert
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import java.io.IOException
import java.time.ZoneId
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

// The shorter snippets of the README, so that the build compiles and runs them.

class Reply(val retryAfter: Duration? = null)

fun WorkerBuilder.charges(charge: suspend (card: ByteArray?) -> Reply) {
    entrypoint("charge", {
        retry = RetryPolicy.exponential(maxAttempts = 5, retryOn = { it is IOException })
        onFailure = OnFailure.HOLD
        timeout = 30.seconds
    }) { job ->
        val reply = charge(job.payload)
        if (reply.retryAfter != null) throw RetryRequested(reply.retryAfter, "the provider is busy")
    }
}

suspend fun requeueHeld(queue: JobQueue) {
    val held = queue.heldJobs()
    held.forEach { println("job ${it.job.id}: ${it.failure?.message}") }
    queue.requeue(held.map { it.job.id })
}

fun WorkerBuilder.dailyReport() {
    schedule("daily-report", "0 18 * * MON-FRI", { zone = ZoneId.of("Europe/Berlin") }) {
        val day = "$dueAt".substringBefore('T')
        queue.enqueue(NewJob("report") { dedupeKey = "report:$day" }, OnConflict.SKIP)
    }
}

suspend fun runForAWhile(worker: Worker): RunReport {
    val report = worker.run {
        maxConcurrentTasks = 50
        shutdownTimeout = 1.minutes
    }
    return report
}

object Customers : Table("customers") {
    val email = text("email")
}

suspend fun register(database: Database, queue: JobQueue, customer: String) {
    suspendTransaction(database) {
        Customers.insert { it[email] = customer }
        queue.enqueue(SendWelcome, Welcome(customer))
    }
}

object Credits : Table("credits") {
    val email = text("email")
}

fun creditWorker(backend: Backend, database: Database): Worker = backend.worker {
    blockingEntrypoint(SendWelcome) { welcome ->
        transaction(database) {
            Credits.insert { it[email] = welcome.email }
            completeIn(this)
        }
    }
}
