package io.pgqueuer.cli.demo

import com.zaxxer.hikari.HikariConfig
import com.zaxxer.hikari.HikariDataSource
import io.pgqueuer.JobId
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.toDataSource
import io.pgqueuer.exposed.PostgresSettings
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible
import java.sql.Connection
import java.sql.ResultSet
import java.sql.SQLException
import java.sql.Types
import kotlin.time.Duration.Companion.microseconds

/** The demo's own table, in which its jobs write. [name] is qualified, and safe to use in SQL. */
internal class FileTable(
    private val dataSource: HikariDataSource,
    val name: String,
) : AutoCloseable by dataSource {
    /** @throws CommandException if the table cannot be created, or exists: it is that of another demo then. */
    suspend fun create() = connected {
        try {
            it.createStatement().use { sql ->
                sql.execute(
                    """
                    CREATE TABLE $name (
                        job_id bigint PRIMARY KEY,
                        uri text NOT NULL,
                        sha256 text,
                        lines bigint,
                        words bigint,
                        bytes bigint,
                        attempt int NOT NULL,
                        waited_us bigint NOT NULL
                    )
                    """,
                )
            }
        } catch (e: SQLException) {
            throw CommandException(
                if (e.sqlState == DUPLICATE_TABLE) {
                    "table $name exists: another demo is running, or one was run with --keep; wait until it ends, or " +
                        "remove the table: DROP TABLE $name"
                } else {
                    "cannot create table $name: ${e.message}; grant the user the right to, or use another --schema"
                },
                e,
            )
        }
    }

    /** Writes [row]. It replaces what an earlier run of its job wrote. */
    suspend fun write(row: FileRow) = connected {
        it.prepareStatement(
            """
            INSERT INTO $name (job_id, uri, sha256, lines, words, bytes, attempt, waited_us)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (job_id) DO UPDATE SET
                sha256 = excluded.sha256, lines = excluded.lines, words = excluded.words, bytes = excluded.bytes,
                attempt = excluded.attempt, waited_us = excluded.waited_us
            """,
        ).use { sql ->
            sql.setLong(1, row.jobId.value)
            sql.setString(2, row.uri)
            sql.setString(3, row.facts?.sha256)
            sql.setObject(4, row.facts?.lines, Types.BIGINT)
            sql.setObject(5, row.facts?.words, Types.BIGINT)
            sql.setObject(6, row.facts?.bytes, Types.BIGINT)
            sql.setInt(7, row.attempt)
            sql.setLong(8, row.waited.inWholeMicroseconds)
            sql.executeUpdate()
        }
    }

    suspend fun rows(): List<FileRow> = connected {
        it.createStatement().use { sql ->
            val rows = sql.executeQuery("SELECT * FROM $name ORDER BY job_id")
            buildList { while (rows.next()) add(row(rows)) }
        }
    }

    suspend fun drop() = connected {
        it.createStatement().use { sql -> sql.execute("DROP TABLE IF EXISTS $name") }
    }

    private fun row(rows: ResultSet) = FileRow(
        JobId(rows.getLong("job_id")),
        rows.getString("uri"),
        rows.getString("sha256")?.let {
            FileFacts(it, rows.getLong("lines"), rows.getLong("words"), rows.getLong("bytes"))
        },
        rows.getInt("attempt"),
        rows.getLong("waited_us").microseconds,
    )

    private suspend fun <T> connected(block: (Connection) -> T): T = runInterruptible(Dispatchers.IO) {
        dataSource.connection.use(block)
    }

    companion object {
        private const val BASE_NAME = "pgqueuer_demo_files"
        private const val DUPLICATE_TABLE = "42P07"
        private const val MOST_CONNECTIONS = 4

        /** Opens a separate pool, as the handlers of an application use. */
        fun open(settings: PostgresSettings): FileTable {
            val pool = HikariConfig().apply {
                dataSource = settings.toDataSource()
                maximumPoolSize = MOST_CONNECTIONS
            }
            // Both names were checked by the settings.
            val schema = settings.schema?.let { "\"$it\"." }.orEmpty()
            return FileTable(HikariDataSource(pool), schema + settings.prefix.lowercase() + BASE_NAME)
        }
    }
}
