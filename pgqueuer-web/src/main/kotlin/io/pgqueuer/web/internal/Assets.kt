package io.pgqueuer.web.internal

import io.pgqueuer.web.DashboardResponse

/** The style sheet, the script and the icon, as they are in the jar. */
internal object Assets {
    private val types = mapOf(
        "dashboard.css" to "text/css; charset=utf-8",
        "icon.svg" to "image/svg+xml",
        "dashboard.js" to "text/javascript; charset=utf-8",
    )

    /** Returns null if there is none of that [name]. */
    fun find(name: String): DashboardResponse? = types[name]?.let { type ->
        val content =
            checkNotNull(Assets::class.java.getResourceAsStream("/io/pgqueuer/web/$name")) { "$name is missing" }
        bytes(200, type, "public, max-age=300", content.use { it.readBytes() })
    }
}
