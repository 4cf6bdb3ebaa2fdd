package io.pgqueuer.benchmarks.compare

import java.util.Properties

/** The versions of the artifacts, from a file that the build fills in. */
internal object Versions {
    private val versions = Properties().apply {
        checkNotNull(Versions::class.java.getResourceAsStream("/versions.properties")).use(::load)
    }

    operator fun get(name: String): String = checkNotNull(versions.getProperty(name)) { "no version of $name" }
}
