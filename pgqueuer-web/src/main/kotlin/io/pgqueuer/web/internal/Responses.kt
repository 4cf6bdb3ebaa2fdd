package io.pgqueuer.web.internal

import io.pgqueuer.web.DashboardResponse
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Site
import io.pgqueuer.web.internal.html.render
import kotlinx.coroutines.flow.Flow

/** No script and no style from elsewhere or within a page, and no page of others around this one. */
private const val POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

private fun headers(contentType: String, caching: String) = mapOf(
    "Content-Type" to contentType,
    "Cache-Control" to caching,
    "Content-Security-Policy" to POLICY,
    "X-Content-Type-Options" to "nosniff",
    "Referrer-Policy" to "same-origin",
)

internal fun page(page: Page, site: Site, status: Int = 200): DashboardResponse =
    bytes(status, "text/html; charset=utf-8", "no-store", render(page, site).encodeToByteArray())

internal fun text(status: Int, text: String): DashboardResponse =
    bytes(status, "text/plain; charset=utf-8", "no-store", text.encodeToByteArray())

internal fun bytes(status: Int, contentType: String, caching: String, bytes: ByteArray): DashboardResponse =
    DashboardResponse(status, headers(contentType, caching), DashboardResponse.Body.Bytes(bytes))

internal fun events(texts: Flow<String>): DashboardResponse =
    DashboardResponse(200, headers("text/event-stream", "no-store"), DashboardResponse.Body.Events(texts))

/** Sends the browser to [address]. After a change, a reload then does not repeat the change. */
internal fun redirect(address: String): DashboardResponse = DashboardResponse(
    303,
    headers("text/plain", "no-store") + ("Location" to address),
    DashboardResponse.Body.Bytes(ByteArray(0)),
)
