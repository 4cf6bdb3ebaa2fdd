package io.pgqueuer.web.servlet

import jakarta.servlet.http.HttpServletRequest
import java.net.URLDecoder

/** The decoded parameters of a request. */
internal object Parameters {
    /** Those of the URL. What is encoded wrongly is taken as it is. */
    @JvmStatic
    fun ofQuery(request: HttpServletRequest): Map<String, List<String>> =
        request.queryString.orEmpty().split('&').filter { it.isNotEmpty() }
            .groupBy({ decoded(it.substringBefore('=')) }, { decoded(it.substringAfter('=', "")) })

    /**
     * Those of the body. A filter may have read the body before, so only the container has them, after those of the URL:
     * [query].
     */
    @JvmStatic
    fun ofForm(request: HttpServletRequest, query: Map<String, List<String>>): Map<String, List<String>> {
        // Browsers do not name the encoding of a form: it is that of the page.
        if (request.characterEncoding == null) request.characterEncoding = "UTF-8"
        return request.parameterMap.mapValues { (name, values) -> values.drop(query[name].orEmpty().size) }
            .filterValues { it.isNotEmpty() }
    }

    private fun decoded(text: String) = try {
        URLDecoder.decode(text, Charsets.UTF_8)
    } catch (_: IllegalArgumentException) {
        text
    }
}
