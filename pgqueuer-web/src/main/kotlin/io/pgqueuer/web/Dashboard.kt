package io.pgqueuer.web

import io.pgqueuer.Backend
import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.PgQueuerException
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.configured
import io.pgqueuer.web.internal.Assets
import io.pgqueuer.web.internal.Changes
import io.pgqueuer.web.internal.Fields
import io.pgqueuer.web.internal.Notices
import io.pgqueuer.web.internal.action.BulkTasks
import io.pgqueuer.web.internal.action.Filters
import io.pgqueuer.web.internal.action.JobAction
import io.pgqueuer.web.internal.events
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.page
import io.pgqueuer.web.internal.page.confirmPage
import io.pgqueuer.web.internal.page.entrypointsPage
import io.pgqueuer.web.internal.page.heldPage
import io.pgqueuer.web.internal.page.jobPage
import io.pgqueuer.web.internal.page.jobsPage
import io.pgqueuer.web.internal.page.logPage
import io.pgqueuer.web.internal.page.overviewPage
import io.pgqueuer.web.internal.page.schedulesPage
import io.pgqueuer.web.internal.page.systemPage
import io.pgqueuer.web.internal.page.taskPage
import io.pgqueuer.web.internal.page.workersPage
import io.pgqueuer.web.internal.redirect
import io.pgqueuer.web.internal.state.LiveState
import io.pgqueuer.web.internal.text
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.onStart
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.job
import kotlinx.html.p
import kotlinx.html.role
import java.net.URI
import java.net.URLEncoder

/**
 * The web dashboard of a queue: a function from requests to responses. An adapter puts it on a web server: for Ktor,
 * `Route.pgQueuerDashboard`; for servlet containers, `DashboardServlet`.
 *
 * Pages work without JavaScript; with it, they update themselves. All browsers share the readings of the queue, so that
 * many of them cost no more than one. The dashboard keeps nothing in the queue.
 *
 * It does not authenticate anybody: the application around it does, and says in each request what the user may do.
 *
 * @throws IllegalArgumentException if an option is out of its bounds.
 */
@OptIn(PgQueuerSpi::class)
public class Dashboard(
    private val backend: Backend,
    configure: DashboardOptions.() -> Unit = {},
) : AutoCloseable {
    private val options = DashboardOptions().configured(configure)
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val state = LiveState(backend, scope, options.refreshEvery)
    private val notices = Notices()
    private val tasks = BulkTasks(backend, scope)
    private val filters = Filters(options.redactor)
    private val changes = Changes(backend, tasks, filters)

    /**
     * Answers [request]. A failure of the queue becomes a response with the status 503, bad input one with 400, a missing
     * right one with 403.
     */
    public suspend fun answer(request: DashboardRequest): DashboardResponse = try {
        when (request.method) {
            "GET", "HEAD" -> read(request)
            "POST" -> change(request)
            else -> text(405, "use GET or POST")
        }
    } catch (e: CancellationException) {
        throw e
    } catch (e: DuplicateJobException) {
        failure(request, 409, "That cannot be done now", e.message)
    } catch (e: PgQueuerException) {
        failure(request, 503, "The queue cannot be read", e.message)
    } catch (e: IllegalArgumentException) {
        failure(request, 400, "That cannot be done", e.message)
    } catch (e: IllegalStateException) {
        failure(request, 409, "That cannot be done now", e.message)
    }

    private suspend fun read(request: DashboardRequest): DashboardResponse {
        val path = request.path.trimEnd('/').ifEmpty { "/" }
        val query = Fields(request.query)
        val ended = if (path == "/jobs") filters.ofEnded(query["filter"].orEmpty()) else null
        return when {
            path == "/events" -> events(ticks())

            path.startsWith("/assets/") ->
                Assets.find(path.removePrefix("/assets/")) ?: text(404, "there is no such file")

            ended != null -> redirect(site(request).link("/log", "filter" to ended))

            else -> pageOf(path, query)?.let { page(it, site(request)) }
                ?: failure(request, 404, "There is no such page", "Nothing is known of ${request.path}.")
        }
    }

    /** The first at once. It ends when the dashboard is closed, which what it shares with other streams does not. */
    private fun ticks(): Flow<String> {
        val closed = flow {
            scope.coroutineContext.job.join()
            emit(null)
        }
        return merge(state.ticks.map { TICK }, closed).onStart { emit(TICK) }.takeWhile { it != null }.filterNotNull()
    }

    private suspend fun pageOf(path: String, query: Fields): Page? = when (path) {
        "/" -> overviewPage(state)

        "/entrypoints" -> entrypointsPage(state)

        "/jobs" -> jobsPage(
            backend.insights,
            filters,
            query["filter"].orEmpty(),
            query["after"]?.let { JobId(number(it)) },
        )

        "/jobs/matching" -> confirmation(query)

        "/held" -> heldPage(state)

        "/log" -> logPage(backend.insights, query["filter"].orEmpty(), query["before"]?.let(::number))

        "/workers" -> workersPage(state)

        "/schedules" -> schedulesPage(backend.schedules)

        "/system" -> systemPage(state)

        else -> numberedPage(path)
    }

    private suspend fun numberedPage(path: String): Page? {
        val number = path.substringAfterLast('/').toLongOrNull() ?: return null
        return when (path.substringBeforeLast('/')) {
            "/jobs" -> jobPage(backend.insights, JobId(number), options.redactor)
            "/tasks" -> tasks[number]?.let(::taskPage)
            else -> null
        }
    }

    private suspend fun confirmation(query: Fields): Page {
        val action = requireNotNull(JobAction.named(query["action"])) { "there is no action '${query["action"]}'" }
        return confirmPage(backend, action, filters.parseOfSome(query["filter"].orEmpty()))
    }

    private suspend fun change(request: DashboardRequest): DashboardResponse {
        if (request.role != DashboardRole.OPERATE) {
            return failure(request, 403, "You may not change anything", "It needs the role OPERATE.")
        }
        if (!isOwn(request)) {
            return failure(
                request,
                403,
                "The request comes from another site",
                "Its origin is ${request.origin}, and this is ${request.host}. Behind a proxy, add the origin to the options.",
            )
        }
        val fields = Fields(request.form)
        val changed = changes.make(request.path, fields) ?: return text(404, "there is no such change")
        val back = changed.path ?: fields["back"]?.takeIf(OWN_PATH::matches) ?: "/"
        val address = back.replace(NOTICE, "")
        val separator = if ('?' in address) '&' else '?'
        return redirect(request.base + address + "${separator}notice=" + notices.add(changed.notice))
    }

    /** A browser sends the origin of the page with each form. Other programs have no login of a user that they could misuse. */
    private fun isOwn(request: DashboardRequest): Boolean {
        val origin = request.origin ?: return false
        if (origin in options.origins) return true
        val authority = runCatching { URI(origin).rawAuthority }.getOrNull()
        return authority != null && authority.equals(request.host, ignoreCase = true)
    }

    private fun failure(request: DashboardRequest, status: Int, title: String, message: String?): DashboardResponse {
        val shown = Page(title, Tab.OVERVIEW, isLive = false) {
            p("error") {
                role = "alert"
                +(message ?: title)
            }
        }
        return page(shown, site(request), status)
    }

    private fun site(request: DashboardRequest): Site {
        val query = request.query.filterKeys { it != "notice" }.flatMap { (name, values) -> values.map { name to it } }
            .joinToString("&") { (name, value) -> "${encoded(name)}=${encoded(value)}" }
        val here = if (query.isEmpty()) request.path else "${request.path}?$query"
        return Site(request.base, here, options.title, request.role, notices[request.query["notice"]?.firstOrNull()])
    }

    private fun encoded(text: String) = URLEncoder.encode(text, Charsets.UTF_8)

    private fun number(text: String): Long = requireNotNull(text.toLongOrNull()) { "'$text' is no number" }

    /** Ends all changes that run, and all streams. The backend stays open. */
    override fun close() {
        state.close()
        scope.cancel()
    }

    private companion object {
        /** Says that the page should be read again. */
        const val TICK = "event: tick\ndata: 1\n\n"

        /** Neither the address of another site nor more than one header. */
        val OWN_PATH = Regex("""/(?![/\\\\])[ -~]*""")
        val NOTICE = Regex("[?&]notice=[0-9a-f]*")
    }
}
