package io.pgqueuer.cli.web

import io.ktor.http.HttpHeaders
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.ApplicationCall
import io.ktor.server.application.ApplicationCallPipeline
import io.ktor.server.cio.CIO
import io.ktor.server.cio.CIOApplicationEngine
import io.ktor.server.engine.EmbeddedServer
import io.ktor.server.engine.embeddedServer
import io.ktor.server.request.header
import io.ktor.server.response.header
import io.ktor.server.response.respondText
import io.ktor.server.routing.routing
import io.pgqueuer.cli.CommandException
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.ktor.pgQueuerDashboard
import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket

/** Serves a dashboard at the root of a web server of its own. */
internal class WebServer private constructor(
    private val server: EmbeddedServer<CIOApplicationEngine, CIOApplicationEngine.Configuration>,
    val address: String,
) : AutoCloseable {
    override fun close() {
        server.stop(gracePeriodMillis = 0, timeoutMillis = STOPS_WITHIN)
    }

    companion object {
        /** @throws CommandException if the address cannot be listened on. */
        suspend fun start(host: String, port: Int, dashboard: Dashboard, access: Access): WebServer {
            fun roleOf(call: ApplicationCall) =
                access.roleOf(call.request.header(HttpHeaders.Authorization), call.request.header(HttpHeaders.Host))
            val server = embeddedServer(CIO, port = port, host = host) {
                intercept(ApplicationCallPipeline.Plugins) {
                    if (access.roleOf(
                            context.request.header(HttpHeaders.Authorization),
                            context.request.header(HttpHeaders.Host),
                        ) ==
                        null
                    ) {
                        context.response.header(
                            HttpHeaders.WWWAuthenticate,
                            "Basic realm=\"PgQueuer\", charset=\"UTF-8\"",
                        )
                        context.respondText("you may not see this", status = HttpStatusCode.Unauthorized)
                        finish()
                    }
                }
                routing {
                    pgQueuerDashboard(dashboard) { call ->
                        access.roleOf(
                            call.request.header(HttpHeaders.Authorization),
                            call.request.header(HttpHeaders.Host),
                        )
                    }
                }
            }
            // Ktor would print a stack trace beside the exception.
            requireFree(host, port)
            server.startSuspend(wait = false)
            val actual = server.engine.resolvedConnectors().first().port
            val name = if (':' in host) "[$host]" else host
            return WebServer(server, "http://$name:$actual/")
        }

        private fun requireFree(host: String, port: Int) {
            try {
                ServerSocket(port, 1, InetAddress.getByName(host)).close()
            } catch (e: IOException) {
                throw CommandException("cannot listen on $host, port $port: ${e.message}; change --host or --port", e)
            }
        }

        private const val STOPS_WITHIN = 1_000L
    }
}
