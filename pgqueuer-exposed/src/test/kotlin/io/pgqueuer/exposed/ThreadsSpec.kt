package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import kotlinx.coroutines.launch

class ThreadsSpec : FunSpec({
    test("all threads of a running worker are daemons") {
        val database = TestPostgres.newDatabase()
        val before = Thread.getAllStackTraces().keys
        database.backend().use { backend ->
            backend.schema.install()
            val worker = backend.worker {
                entrypoint("suspending") {}
                blockingEntrypoint("blocking") {}
            }
            val running = launch { worker.run() }
            backend.completionWatcher(this) {}.use { watcher ->
                for (entrypoint in listOf("suspending", "blocking")) {
                    watcher.awaitCompletion(backend.queue.enqueue(entrypoint))
                }
            }

            val started = Thread.getAllStackTraces().keys - before

            worker.shutdown()
            running.join()
            started.shouldNotBeEmpty()
            withClue(started.map { it.name }) { started.filterNot { it.isDaemon }.shouldBeEmpty() }
        }
    }
})
