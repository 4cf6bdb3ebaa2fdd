package io.pgqueuer.web.servlet

import jakarta.servlet.http.HttpServletRequest
import jakarta.servlet.http.MappingMatch
import java.net.URI

/**
 * Where a servlet is, and what is asked of it.
 *
 * @property base as the browser addresses it, encoded.
 * @property path below the base, decoded.
 */
@JvmRecord
internal data class DashboardPlace(
    val base: String,
    val path: String,
) {
    companion object {
        @JvmStatic
        fun of(request: HttpServletRequest): DashboardPlace {
            // A context path is encoded. A browser would take two slashes for the name of another host.
            val context = request.contextPath.replace(SLASHES, "/").trimEnd('/')
            val isWholeContext = request.httpServletMapping.mappingMatch == MappingMatch.DEFAULT
            val servlet = if (isWholeContext) "" else request.servletPath
            val path = if (isWholeContext) request.servletPath + request.pathInfo.orEmpty() else request.pathInfo
            val parts = path.orEmpty().split('/').filter { it.isNotEmpty() }
            return DashboardPlace(context + encoded(servlet), parts.joinToString("/", prefix = "/"))
        }

        private fun encoded(path: String) = URI(null, null, path, null).toASCIIString()

        private val SLASHES = Regex("^/{2,}")
    }
}
