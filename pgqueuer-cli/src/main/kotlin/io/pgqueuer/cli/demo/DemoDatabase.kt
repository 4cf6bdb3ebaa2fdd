package io.pgqueuer.cli.demo

import io.pgqueuer.Backend
import io.pgqueuer.SchemaException
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext

/**
 * Prepares a database for the demo (the schema if it is missing, the demo's own table, and a backend for each of
 * [workers]), runs [block], and removes the table and the demo's jobs and schedule unless [keep] is set.
 *
 * The schema stays even if it was installed here: others may use it by then.
 */
internal suspend fun <T> onDemoDatabase(
    settings: PostgresSettings,
    workers: Int,
    keep: Boolean,
    block: suspend (List<Backend>, FileTable) -> T,
): T {
    val backends = mutableListOf<Backend>()
    try {
        repeat(workers) { backends += postgresBackend(settings) }
        val first = backends.first()
        installIfMissing(first)
        return FileTable.open(settings).use { table ->
            table.create()
            try {
                // What is left of a demo that was killed.
                first.removeDemo()
                block(backends, table)
            } finally {
                if (!keep) {
                    withContext(NonCancellable) {
                        first.removeDemo()
                        table.drop()
                    }
                }
            }
        }
    } finally {
        backends.forEach(Backend::close)
    }
}

private suspend fun Backend.removeDemo() {
    DEMO_ENTRYPOINTS.forEach { queue.clear(it) }
    schedules.remove(schedules.list().filter { it.name == PULSE }.map { it.id })
}

private suspend fun installIfMissing(backend: Backend) {
    try {
        backend.schema.verify()
    } catch (_: SchemaException) {
        backend.schema.install()
    }
}
