package io.pgqueuer.web.internal.html

import io.pgqueuer.web.DashboardRole
import java.net.URLEncoder

/**
 * What every page of one answer has in common.
 *
 * @property base where the dashboard is.
 * @property here the path and query of the page itself, below [base]; a change leads back to it.
 * @property notice what the last change came to; null if there was none.
 */
internal class Site(
    val base: String,
    val here: String,
    val title: String,
    val role: DashboardRole,
    val notice: String?,
) {
    val mayOperate: Boolean get() = role == DashboardRole.OPERATE

    /** The address of [path], with the parameters that are not null. */
    fun link(path: String, vararg parameters: Pair<String, Any?>): String = base + path + parameters
        .filter { it.second != null }
        .joinToString("&") { (name, value) -> "$name=" + URLEncoder.encode("$value", Charsets.UTF_8) }
        .let { if (it.isEmpty()) "" else "?$it" }
}
