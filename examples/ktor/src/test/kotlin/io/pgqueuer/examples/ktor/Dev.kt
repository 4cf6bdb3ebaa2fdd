package io.pgqueuer.examples.ktor

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.ktor.server.cio.CIO
import io.ktor.server.engine.embeddedServer
import io.pgqueuer.test.PostgresFixture

/** Runs the shop on a PostgreSQL of its own, to try it out. */
fun main() {
    PostgresFixture.start().use { postgres ->
        val dataSource = HikariDataSource(HikariConfig().apply { jdbcUrl = postgres.jdbcUrl })
        embeddedServer(CIO, 8080, host = "127.0.0.1") { shop(dataSource) }.start(wait = true)
    }
}
