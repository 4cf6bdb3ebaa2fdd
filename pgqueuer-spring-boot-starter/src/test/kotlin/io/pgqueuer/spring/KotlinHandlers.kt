package io.pgqueuer.spring

import io.pgqueuer.JobContext
import kotlinx.coroutines.delay
import org.slf4j.MDC
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

internal data class Greeting(
    var name: String = "",
)

/** Suspending handlers, as an application in Kotlin has them. */
internal open class KotlinHandlers(
    private val seen: MutableList<String>,
) {
    val cleanedUp = CompletableFuture<String>()

    @JobHandler("suspending")
    suspend fun greet(context: JobContext, greeting: Greeting) {
        delay(1.milliseconds)
        seen +=
            "${greeting.name} as ${context.job.id} of ${MDC.get("entrypoint")}"
    }

    @JobHandler("failing", retry = JobRetry(maxAttempts = "1"))
    suspend fun fail() {
        delay(1.milliseconds)
        error("no luck")
    }

    @JobHandler("endless")
    suspend fun wait(job: io.pgqueuer.StoredJob) {
        try {
            seen += "started ${job.id}"
            delay(1.hours)
        } finally {
            cleanedUp.complete("cleaned up ${job.id}")
        }
    }
}
