package io.pgqueuer.web.ktor

import io.ktor.http.ContentType
import io.ktor.http.HttpStatusCode
import io.ktor.http.content.OutgoingContent
import io.ktor.server.application.ApplicationCall
import io.ktor.server.request.contentLength
import io.ktor.server.request.header
import io.ktor.server.request.httpMethod
import io.ktor.server.request.path
import io.ktor.server.request.receiveParameters
import io.ktor.server.response.header
import io.ktor.server.response.respond
import io.ktor.server.response.respondBytes
import io.ktor.server.response.respondBytesWriter
import io.ktor.server.response.respondRedirect
import io.ktor.server.response.respondText
import io.ktor.server.routing.Route
import io.ktor.server.routing.RoutingContext
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.route
import io.ktor.util.toMap
import io.ktor.utils.io.writeStringUtf8
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.DashboardRequest
import io.pgqueuer.web.DashboardResponse
import io.pgqueuer.web.DashboardRole

/**
 * Serves [dashboard] at this route, under the application's own authentication:
 *
 * ```
 * authenticate("staff") {
 *     route("/admin/queue") {
 *         pgQueuerDashboard(dashboard) { call -> if (call.isAdmin()) DashboardRole.OPERATE else DashboardRole.READ }
 *     }
 * }
 * ```
 *
 * @param role what the user of a call may do; null answers with the status 403. By default, everybody who gets here may
 * read, and change nothing.
 */
public fun Route.pgQueuerDashboard(
    dashboard: Dashboard,
    role: suspend (ApplicationCall) -> DashboardRole? = { DashboardRole.READ },
) {
    get { answer(dashboard, role) }
    post { answer(dashboard, role) }
    route("{path...}") {
        get { answer(dashboard, role) }
        post { answer(dashboard, role) }
    }
}

private suspend fun RoutingContext.answer(dashboard: Dashboard, role: suspend (ApplicationCall) -> DashboardRole?) {
    val allowed = role(call) ?: return call.respondText("you may not see this", status = HttpStatusCode.Forbidden)
    val below = call.parameters.getAll("path").orEmpty().filter { it.isNotEmpty() }
    // By number: here, they are as the browser has encoded them.
    val base = call.request.path().split('/').filter { it.isNotEmpty() }.dropLast(below.size)
    val isPost = call.request.httpMethod.value == "POST"
    if (isPost && (call.request.contentLength() ?: Long.MAX_VALUE) > LARGEST_FORM) {
        return call.respondText("the form must be at most $LARGEST_FORM bytes", status = HttpStatusCode.PayloadTooLarge)
    }
    val request = DashboardRequest(
        method = call.request.httpMethod.value,
        path = below.joinToString("/", prefix = "/"),
        base = base.joinToString("") { "/$it" },
        query = call.request.queryParameters.toMap(),
        form = if (isPost) call.receiveParameters().toMap() else emptyMap(),
        role = allowed,
        host = call.request.header("Host"),
        origin = call.request.header("Origin"),
    )
    send(dashboard.answer(request))
}

private suspend fun RoutingContext.send(response: DashboardResponse) {
    val status = HttpStatusCode.fromValue(response.status)
    val type = ContentType.parse(response.headers.getValue("Content-Type"))
    for ((name, value) in response.headers) if (name != "Content-Type") call.response.header(name, value)
    when (val body = response.body) {
        is DashboardResponse.Body.Bytes -> call.respondBytes(body.bytes, type, status)

        is DashboardResponse.Body.Events -> call.respondBytesWriter(type, status) {
            body.texts.collect {
                writeStringUtf8(it)
                flush()
            }
        }
    }
}

private const val LARGEST_FORM = 1_000_000L
