package io.pgqueuer.web.internal

import io.pgqueuer.web.Dashboard
import java.util.Properties

/** The version of this library, from the build. */
internal val VERSION: String by lazy {
    val built = Properties()
    Dashboard::class.java.getResourceAsStream("version.properties").use(built::load)
    built.getProperty("pgqueuer")
}
