package io.pgqueuer.web.internal.html

import kotlinx.html.MAIN
import kotlinx.html.a
import kotlinx.html.body
import kotlinx.html.button
import kotlinx.html.div
import kotlinx.html.h1
import kotlinx.html.head
import kotlinx.html.header
import kotlinx.html.html
import kotlinx.html.id
import kotlinx.html.lang
import kotlinx.html.link
import kotlinx.html.main
import kotlinx.html.meta
import kotlinx.html.nav
import kotlinx.html.p
import kotlinx.html.role
import kotlinx.html.script
import kotlinx.html.stream.createHTML
import kotlinx.html.title

/** The pages that the navigation leads to. */
internal enum class Tab(
    val title: String,
    val path: String,
) {
    OVERVIEW("Overview", "/"),
    ENTRYPOINTS("Entrypoints", "/entrypoints"),
    JOBS("Jobs", "/jobs"),
    HELD("Held", "/held"),
    LOG("Log", "/log"),
    WORKERS("Workers", "/workers"),
    SCHEDULES("Schedules", "/schedules"),
    SYSTEM("System", "/system"),
}

/**
 * A page, ready to be shown.
 *
 * @property tab where it belongs.
 * @property isLive whether browsers read it again and again.
 */
internal class Page(
    val title: String,
    val tab: Tab,
    val isLive: Boolean = true,
    val content: MAIN.(Site) -> Unit,
)

internal fun render(page: Page, site: Site): String = "<!DOCTYPE html>" + createHTML(prettyPrint = false).html {
    lang = "en"
    head {
        meta(charset = "utf-8")
        meta("viewport", "width=device-width, initial-scale=1")
        title("${page.title} · ${site.title}")
        link(site.link("/assets/dashboard.css"), rel = "stylesheet")
        link(site.link("/assets/icon.svg"), rel = "icon")
        script(src = site.link("/assets/dashboard.js")) { defer = true }
    }
    body {
        attributes["data-events"] = site.link("/events")
        header {
            a(site.link("/"), classes = "brand") { +site.title }
            nav {
                attributes["aria-label"] = "Pages"
                for (tab in Tab.entries) {
                    a(site.link(tab.path)) {
                        if (tab == page.tab) attributes["aria-current"] = "page"
                        +tab.title
                    }
                }
            }
            // Shown by the script: without it, they could do nothing.
            div("controls") {
                attributes["hidden"] = "hidden"
                button {
                    id = "pause"
                    attributes["title"] = "Stop updates of this page (key: p)"
                    +"Pause updates"
                }
                button {
                    id = "zone"
                    attributes["title"] = "Show times in UTC or in local time (key: t)"
                    +"UTC"
                }
                button {
                    id = "theme"
                    attributes["title"] = "Change between dark and light (key: d)"
                    +"Dark/light"
                }
            }
        }
        if (site.notice != null) {
            p("notice") {
                role = "status"
                +site.notice
            }
        }
        main {
            id = "live"
            if (page.isLive) attributes["data-live"] = "true"
            h1 { +page.title }
            page.content(this, site)
        }
    }
}
