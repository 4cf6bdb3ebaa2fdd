package io.pgqueuer.web.internal.page

import io.pgqueuer.SchemaDifference
import io.pgqueuer.web.internal.VERSION
import io.pgqueuer.web.internal.html.Page
import io.pgqueuer.web.internal.html.Tab
import io.pgqueuer.web.internal.html.bytes
import io.pgqueuer.web.internal.html.cell
import io.pgqueuer.web.internal.html.count
import io.pgqueuer.web.internal.html.fact
import io.pgqueuer.web.internal.html.listing
import io.pgqueuer.web.internal.html.nothing
import io.pgqueuer.web.internal.html.number
import io.pgqueuer.web.internal.html.short
import io.pgqueuer.web.internal.state.LiveState
import kotlinx.html.dl
import kotlinx.html.h2
import kotlinx.html.p
import kotlinx.html.section
import kotlinx.html.tr

/** The tables, the properties of the queue, and how its schema differs from that of this version. */
internal suspend fun systemPage(state: LiveState): Page {
    val snapshot = state.snapshot()
    val notListening = state.notListening
    val properties = state.properties()
    val differences = state.differences()
    return Page("System", Tab.SYSTEM) {
        section {
            h2 { +"Tables" }
            listing("table", "rows", "dead rows", "size with indexes", "indexes") {
                snapshot.tables.forEach { table ->
                    tr {
                        cell("table") { +table.table }
                        number("rows", "~" + count(table.rows))
                        number("dead rows", "~" + count(table.deadRows))
                        number("size with indexes", table.bytes?.let(::bytes) ?: "-")
                        number("indexes", table.indexBytes?.let(::bytes) ?: "-")
                    }
                }
            }
            p("remark") { +"The numbers of rows are the server's estimates." }
        }
        section {
            h2 { +"Oldest transaction" }
            val oldest = snapshot.oldestTransaction
            if (oldest == null) {
                nothing("No transaction keeps the server from removing dead rows.")
            } else {
                p {
                    +"${oldest.holder} keeps the server from removing dead rows"
                    oldest.age?.let { +", for ${short(it)} now" }
                    +". ${count(oldest.transactions)} transactions have begun since."
                }
            }
        }
        section {
            h2 { +"Properties" }
            dl("facts") {
                fact("durability") { +properties.durability.label }
                fact("log level") { +properties.logLevel.label }
                fact("notifications") { +(if (properties.notifications) "on" else "off: idle workers poll") }
                fact("listener of this dashboard") { +(notListening?.let { "down: ${it.message}" } ?: "up") }
            }
        }
        section {
            h2 { +"Schema" }
            p { +"This page runs PgQueuer $VERSION. ${sentence(differences)}" }
            if (differences.isNotEmpty()) {
                listing("what", "problem", "fix") {
                    differences.forEach { difference ->
                        tr {
                            cell("what") { +(if (difference.isError) "error" else "warning") }
                            cell("problem", "long") { +difference.problem }
                            cell("fix", "long") { +difference.fix }
                        }
                    }
                }
            }
        }
    }
}

private fun sentence(differences: List<SchemaDifference>) = when {
    differences.isEmpty() -> "The schema is as this version needs it."
    differences.none { it.isError } -> "The schema has what this version needs, with warnings:"
    else -> "The schema is not as this version needs it:"
}
