package io.pgqueuer.cli.torture

import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.torture.check.Evidence
import io.pgqueuer.cli.torture.check.Verdict
import kotlinx.coroutines.CancellationException
import java.nio.file.Path
import kotlin.concurrent.thread
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.createTempDirectory
import kotlin.io.path.deleteRecursively
import kotlin.io.path.div
import kotlin.io.path.writeLines

/**
 * Where a torture or a soak happens: a folder, a server and worker processes. None of them is left when this is closed or
 * the process ends, except a folder that is kept.
 *
 * @property name what happens here.
 */
internal class Site(
    private val name: String,
) : AutoCloseable {
    private val folder: Path = createTempDirectory("pgqueuer-$name")
    private var server: TortureServer? = null
    private var crew: Crew? = null
    private var isKept = false
    private val hook = thread(start = false) { clean() }

    init {
        Runtime.getRuntime().addShutdownHook(hook)
    }

    suspend fun <T> run(workers: Int, kind: WorkerKind, block: suspend (TortureServer, Crew) -> T): T {
        val server = TortureServer(folder).also { server = it }
        val crew = Crew(workers) { WorkerProcess.start(it, server.settings, kind, folder) }.also { crew = it }
        return try {
            block(server, crew)
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            isKept = true
            throw CommandException("the $name failed: $e; what happened is in $folder", e)
        }
    }

    /** Keeps the records and the tables, and returns where. */
    fun keep(evidence: Evidence, verdict: Verdict): Path {
        (folder / "log.tsv").writeLines(evidence.tables.log.map { "$it" })
        (folder / "queue.tsv").writeLines(evidence.tables.queue.map { (id, status) -> "$id\t${status.label}" })
        (folder / "faults.txt").writeLines(evidence.faults.map { "$it" })
        (folder / "broken.txt").writeLines(verdict.violations)
        return keep()
    }

    /** Keeps the folder without the server's data, and returns it. */
    fun keep(): Path {
        isKept = true
        return folder
    }

    override fun close() {
        clean()
        Runtime.getRuntime().removeShutdownHook(hook)
    }

    @OptIn(ExperimentalPathApi::class)
    @Synchronized
    private fun clean() {
        crew?.close()
        server?.close()
        (if (isKept) folder / "data" else folder).deleteRecursively()
    }
}
