package io.pgqueuer.exposed

import io.kotest.matchers.shouldBe
import io.pgqueuer.test.PostgresDatabase
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import java.io.IOException
import java.nio.file.FileVisitResult
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.SimpleFileVisitor
import java.nio.file.StandardCopyOption.COPY_ATTRIBUTES
import java.nio.file.attribute.BasicFileAttributes
import java.util.concurrent.TimeUnit
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.appendText
import kotlin.io.path.createFile
import kotlin.io.path.deleteRecursively
import kotlin.io.path.div
import kotlin.io.path.name
import kotlin.io.path.readLines
import kotlin.io.path.writeText

/**
 * Two servers: a primary, and a standby that has every commit before it is acknowledged.
 *
 * The embedded PostgreSQL has no `pg_basebackup`: the standby's data are copied between `pg_backup_start` and
 * `pg_backup_stop`.
 */
internal class ServerPair private constructor(
    private val folder: Path,
) : AutoCloseable {
    private val first = startServer(folder / FIRST)
    private val second: EmbeddedPostgres
    private var isOldKilled = false

    /** The primary, until it fails. */
    val old = first.database()

    /** The standby, until it is promoted. */
    val new: PostgresDatabase

    init {
        backUp(old, folder / FIRST, folder / SECOND)
        (folder / SECOND / "standby.signal").createFile()
        (folder / SECOND / "postgresql.auto.conf").appendText(
            "primary_conninfo = 'host=localhost port=${old.port} user=postgres application_name=$SECOND'\n",
        )
        second = startServer(folder / SECOND)
        new = second.database()
    }

    /** Reaches whichever of both is the primary. */
    val settings = PostgresSettings.parse("postgresql://postgres@localhost:${old.port},localhost:${new.port}/postgres")

    /** From now on, a commit is acknowledged only if the standby has it. */
    private suspend fun synchronize() {
        soon { old.texts("SELECT state FROM pg_stat_replication") shouldBe listOf("streaming") }
        old.execute("ALTER SYSTEM SET synchronous_standby_names = '$SECOND'")
        old.execute("SELECT pg_reload_conf()")
        soon { old.text("SELECT sync_state FROM pg_stat_replication") shouldBe "sync" }
    }

    /** Kills all processes of the primary, as `kill -9` does. */
    fun killOld() {
        isOldKilled = true
        val pid = (folder / FIRST / "postmaster.pid").readLines().first().trim().toLong()
        val server = ProcessHandle.of(pid).orElseThrow()
        val others = server.descendants().toList()
        server.destroyForcibly()
        others.forEach { it.destroyForcibly() }
        server.onExit().get(1, TimeUnit.MINUTES)
    }

    /** The primary refuses to write from now on, and its standby has all that it wrote. */
    suspend fun makeOldReadOnly() {
        old.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        old.execute("SELECT pg_reload_conf()")
        soon { old.text("SHOW default_transaction_read_only") shouldBe "on" }
        soon { old.text("SELECT replay_lsn >= pg_current_wal_insert_lsn() FROM pg_stat_replication") shouldBe "t" }
    }

    /** Makes the standby a primary. */
    fun promoteNew() {
        new.text("SELECT pg_promote()") shouldBe "t"
    }

    @OptIn(ExperimentalPathApi::class)
    override fun close() {
        second.close()
        if (!isOldKilled) first.close()
        folder.deleteRecursively()
    }

    companion object {
        private const val FIRST = "first"
        private const val SECOND = "second"

        suspend fun start(): ServerPair = ServerPair(Files.createTempDirectory("pgqueuer-servers")).also {
            try {
                it.synchronize()
            } catch (e: Throwable) {
                it.close()
                throw e
            }
        }
    }
}

// By its own default an embedded server acknowledges commits before they are anywhere.
private fun startServer(data: Path): EmbeddedPostgres = EmbeddedPostgres.builder()
    .setDataDirectory(data)
    .setCleanDataDirectory(false)
    .setServerConfig("synchronous_commit", "on")
    .setRegisterShutdownHook(false)
    .start()

private fun EmbeddedPostgres.database() = PostgresDatabase("localhost", port, "postgres", "postgres", "postgres")

/** Copies the files of a server that runs. What it writes meanwhile, the copy takes from the log. */
private fun backUp(server: PostgresDatabase, from: Path, to: Path) = server.connect().use { connection ->
    val (start, stop) = if (connection.metaData.databaseMajorVersion >= 15) {
        "pg_backup_start('copy', fast => true)" to "pg_backup_stop(wait_for_archive => false)"
    } else {
        "pg_start_backup('copy', fast => true, exclusive => false)" to
            "pg_stop_backup(exclusive => false, wait_for_archive => false)"
    }
    connection.execute("SELECT $start")
    copy(from, to)
    val label = connection.texts("SELECT labelfile FROM $stop").single()
    (to / "backup_label").writeText(checkNotNull(label))
}

private val NOT_COPIED = setOf("postmaster.pid", "postmaster.opts", "epg-lock")

private fun copy(from: Path, to: Path) {
    Files.walkFileTree(
        from,
        object : SimpleFileVisitor<Path>() {
            override fun preVisitDirectory(directory: Path, attributes: BasicFileAttributes): FileVisitResult {
                Files.copy(directory, to.resolve(from.relativize(directory)), COPY_ATTRIBUTES)
                return FileVisitResult.CONTINUE
            }

            override fun visitFile(file: Path, attributes: BasicFileAttributes): FileVisitResult {
                if (file.name !in NOT_COPIED) {
                    try {
                        Files.copy(file, to.resolve(from.relativize(file)), COPY_ATTRIBUTES)
                    } catch (_: NoSuchFileException) {
                        // The server has removed it meanwhile.
                    }
                }
                return FileVisitResult.CONTINUE
            }

            override fun visitFileFailed(file: Path, failure: IOException): FileVisitResult =
                if (failure is NoSuchFileException) FileVisitResult.CONTINUE else throw failure
        },
    )
}
