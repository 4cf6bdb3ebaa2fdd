import io.pgqueuer.RunMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.jobType
import kotlinx.serialization.Serializable

@Serializable
data class Welcome(val email: String)

val SendWelcome = jobType<Welcome>("send_welcome")

suspend fun main(args: Array<String>) {
    postgresBackend(PostgresSettings.parse(args[0])).use { backend ->
        backend.schema.install()
        backend.queue.enqueue(SendWelcome, Welcome("ann@example.org"))

        val worker = backend.worker {
            entrypoint(SendWelcome, { concurrencyLimit = 5 }) { welcome ->
                println("Welcome, ${welcome.email}!")
            }
        }
        // Returns once the queue is empty. Without this mode, a worker runs until it is stopped.
        worker.run { mode = RunMode.DRAIN }
    }
}
