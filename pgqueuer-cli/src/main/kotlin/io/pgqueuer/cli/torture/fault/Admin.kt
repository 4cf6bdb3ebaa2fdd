package io.pgqueuer.cli.torture.fault

import io.pgqueuer.cli.toDataSource
import io.pgqueuer.cli.torture.record.execute
import io.pgqueuer.exposed.PostgresSettings
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.sql.Connection
import java.sql.SQLException
import kotlin.time.Duration.Companion.milliseconds

/** Runs SQL of the torture itself. Tries again until the server, which may be down, has done it. */
internal class Admin(
    settings: PostgresSettings,
) {
    private val connections = settings.toDataSource().apply {
        applicationName = "torture"
        connectTimeout = TIMEOUT_SECONDS
        socketTimeout = TIMEOUT_SECONDS
    }

    suspend fun <T> run(block: (Connection) -> T): T {
        while (true) {
            try {
                return withContext(Dispatchers.IO) { runOnce(block) }
            } catch (_: SQLException) {
                delay(AGAIN_AFTER)
            }
        }
    }

    private fun <T> runOnce(block: (Connection) -> T): T = connections.connection.use {
        it.execute("SET lock_timeout = '2s'")
        block(it)
    }

    private companion object {
        const val TIMEOUT_SECONDS = 30
        val AGAIN_AFTER = 100.milliseconds
    }
}
