package io.pgqueuer.examples.ktor

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.cio.CIO
import io.ktor.server.engine.embeddedServer
import io.ktor.server.request.receiveText
import io.ktor.server.response.respond
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.route
import io.ktor.server.routing.routing
import io.ktor.server.sse.SSE
import io.ktor.server.sse.sse
import io.pgqueuer.SchemaMode
import io.pgqueuer.exposed.completeIn
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.jobType
import io.pgqueuer.ktor.PgQueuer
import io.pgqueuer.ktor.enqueue
import io.pgqueuer.ktor.pgQueuer
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.ktor.pgQueuerDashboard
import kotlinx.coroutines.delay
import kotlinx.serialization.Serializable
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

@Serializable
data class Order(val id: Long, val items: Int)

val PackOrder = jobType<Order>("pack_order")

/** Takes orders over HTTP, packs them in the background, and streams how far it is. */
fun Application.shop(dataSource: HikariDataSource) {
    val orders = Orders(dataSource)
    install(SSE)
    install(PgQueuer) {
        backend { postgresBackend(dataSource) }
        schema = SchemaMode.INSTALL
        worker({ shutdownTimeout = 10.seconds }) {
            entrypoint(PackOrder, { concurrencyLimit = 20 }) { order ->
                for (item in 1..order.items) {
                    delay(20.milliseconds)
                    orders.progress(order.id, item)
                }
                // The last write and the end of the job commit together, so an order is packed once.
                orders.packed(order.id) { completeIn(it) }
            }
        }
    }
    val dashboard = Dashboard(pgQueuer.backend)
    routing {
        post("/orders") {
            val items = call.receiveText().toInt()
            // The order and its job are stored together, or neither.
            val id = orders.place(items) { id -> call.enqueue(PackOrder, Order(id, items)) }
            call.respondText("$id", status = HttpStatusCode.Accepted)
        }
        sse("/orders/{id}/progress") {
            orders.watch(call.parameters["id"]!!.toLong()).collect { send(it) }
        }
        get("/ready") {
            call.respond(
                if (call.application.pgQueuer.isHealthy()) HttpStatusCode.OK else HttpStatusCode.ServiceUnavailable,
            )
        }
        route("/queue") { pgQueuerDashboard(dashboard) }
    }
}

fun main() {
    val dataSource = HikariDataSource(HikariConfig().apply { jdbcUrl = System.getenv("DATABASE_URL") })
    val port = System.getenv("PORT")?.toInt() ?: 8080
    embeddedServer(CIO, port, host = "127.0.0.1") { shop(dataSource) }.start(wait = true)
}
