package io.pgqueuer.cli

import java.util.Properties

/** The versions of what runs; those of the libraries are from the build. */
internal object Versions {
    private val built = Properties().apply {
        Versions::class.java.getResourceAsStream("versions.properties").use(::load)
    }

    /** The version of the project. */
    val pgqueuer: String = "${built.getValue("pgqueuer")}"

    /** For people: one line for each. */
    val text: String = """
        pgq $pgqueuer
        Java ${Runtime.version()} (${System.getProperty("java.vendor")})
        PostgreSQL JDBC driver ${built.getValue("postgresql-driver")}
    """.trimIndent()
}
