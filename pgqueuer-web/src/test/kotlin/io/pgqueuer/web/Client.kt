package io.pgqueuer.web

import io.kotest.matchers.shouldBe

/** Sends requests to [dashboard] as an adapter does. */
internal class Client(
    private val dashboard: Dashboard,
    private val role: DashboardRole = DashboardRole.OPERATE,
    private val base: String = "",
) {
    suspend fun get(address: String): Answer {
        val (path, query) = address.substringBefore('?') to address.substringAfter('?', "")
        val request = DashboardRequest("GET", path, base, parameters(query), emptyMap(), role, HOST, origin = null)
        return Answer(dashboard.answer(request))
    }

    suspend fun post(path: String, vararg fields: Pair<String, String>, origin: String? = "https://$HOST"): Answer {
        val form = fields.groupBy({ it.first }, { it.second })
        return Answer(dashboard.answer(DashboardRequest("POST", path, base, emptyMap(), form, role, HOST, origin)))
    }

    /** Makes a change, and returns the page that the browser is sent to. */
    suspend fun change(path: String, vararg fields: Pair<String, String>): Answer {
        val answer = post(path, *fields)
        answer.status shouldBe 303
        return get(checkNotNull(answer.headers["Location"]).removePrefix(base))
    }

    private fun parameters(query: String): Map<String, List<String>> = query.split('&').filter { it.isNotEmpty() }
        .groupBy({ it.substringBefore('=') }, { java.net.URLDecoder.decode(it.substringAfter('='), Charsets.UTF_8) })

    companion object {
        const val HOST = "ops.example.org"
    }
}

internal class Answer(
    response: DashboardResponse,
) {
    val status = response.status
    val headers = response.headers
    val text = (response.body as? DashboardResponse.Body.Bytes)?.bytes?.decodeToString().orEmpty()
}
