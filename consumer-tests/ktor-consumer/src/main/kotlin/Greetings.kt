import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.response.respondText
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.pgqueuer.Backend
import io.pgqueuer.ktor.PgQueuer
import io.pgqueuer.ktor.enqueue

fun Application.greetings(queue: Backend, greet: (String) -> Unit) {
    install(PgQueuer) {
        backend { queue }
        worker { entrypoint("greet") { job -> greet(job.payloadText.orEmpty()) } }
    }
    routing {
        post("/greetings") { call.respondText("${call.enqueue("greet", "hello")}") }
    }
}
