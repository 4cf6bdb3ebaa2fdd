package io.pgqueuer.web.internal.html

import io.pgqueuer.JobStatus
import kotlinx.html.DD
import kotlinx.html.DIV
import kotlinx.html.DL
import kotlinx.html.DT
import kotlinx.html.FlowContent
import kotlinx.html.FlowOrPhrasingContent
import kotlinx.html.FormMethod
import kotlinx.html.TABLE
import kotlinx.html.TBODY
import kotlinx.html.TD
import kotlinx.html.TR
import kotlinx.html.ThScope
import kotlinx.html.attributesMapOf
import kotlinx.html.button
import kotlinx.html.div
import kotlinx.html.form
import kotlinx.html.hiddenInput
import kotlinx.html.p
import kotlinx.html.span
import kotlinx.html.table
import kotlinx.html.tbody
import kotlinx.html.td
import kotlinx.html.th
import kotlinx.html.thead
import kotlinx.html.time
import kotlinx.html.tr
import kotlinx.html.visit
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.util.Locale
import kotlin.time.Instant
import kotlin.time.toJavaInstant

/** A table that can be scrolled sideways, and becomes a list on a narrow screen; see [cell]. */
internal fun FlowContent.listing(vararg heads: String, rows: TBODY.() -> Unit) {
    div("scroll") {
        table {
            head(heads.asList())
            tbody { rows() }
        }
    }
}

private fun TABLE.head(heads: List<String>) {
    thead { tr { heads.forEach { th(scope = ThScope.col) { +it } } } }
}

/** A cell with the [label] that stands in front of it on a narrow screen. */
internal fun TR.cell(label: String, classes: String? = null, content: TD.() -> Unit) {
    td(classes) {
        attributes["data-label"] = label
        content()
    }
}

internal fun TR.number(label: String, text: String, isLoud: Boolean = false) {
    cell(label, if (isLoud) "number loud" else "number") { +text }
}

/** A time in UTC; the script can show it in local time. */
internal fun FlowOrPhrasingContent.moment(instant: Instant) {
    val text = "${Instant.fromEpochSeconds(instant.epochSeconds)}"
    time {
        attributes["datetime"] = text
        +text.replace('T', ' ').removeSuffix("Z")
    }
}

/** A time in [zone], with its offset from UTC, that stays as it is. */
internal fun FlowOrPhrasingContent.moment(instant: Instant, zone: ZoneId) {
    val text = "${Instant.fromEpochSeconds(instant.epochSeconds)}"
    time("zoned") {
        attributes["datetime"] = text
        attributes["title"] = text
        +instant.toJavaInstant().atZone(zone).format(ZONED)
    }
}

private val ZONED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss xxx", Locale.ROOT)

internal fun FlowOrPhrasingContent.badge(status: JobStatus) {
    span("badge ${status.label}") { +status.word }
}

/** The word that operators know it by. */
internal val JobStatus.word: String get() = if (this == JobStatus.HELD) "held" else label

/** A button that changes something. It works without a script, and leads back to the page that it stands on. */
internal fun FlowContent.act(
    site: Site,
    path: String,
    label: String,
    vararg fields: Pair<String, Any?>,
    isDangerous: Boolean = false,
) {
    if (!site.mayOperate) return
    form(action = site.link(path), method = FormMethod.post, classes = "act") {
        hiddenInput(name = "back") { value = site.here }
        for ((name, content) in fields) if (content != null) hiddenInput(name = name) { value = "$content" }
        button(classes = if (isDangerous) "danger" else null) { +label }
    }
}

/** A name and what is known of it, in a list of such pairs. */
internal fun DL.fact(name: String, classes: String? = null, content: DD.() -> Unit) {
    // The builder of the list does not know that a `div` may stand around a pair.
    DIV(attributesMapOf("class", classes), consumer).visit {
        DT(emptyMap(), consumer).visit { +name }
        DD(emptyMap(), consumer).visit(content)
    }
}

internal fun FlowContent.nothing(text: String) {
    p("nothing") { +text }
}
