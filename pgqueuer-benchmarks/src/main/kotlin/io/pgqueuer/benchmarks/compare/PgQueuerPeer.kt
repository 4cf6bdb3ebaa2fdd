package io.pgqueuer.benchmarks.compare

import io.pgqueuer.NewJob
import io.pgqueuer.exposed.postgresBackend
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

/** PgQueuer with its defaults. */
internal class PgQueuerPeer private constructor(
    private val schema: EmptySchema,
    ran: () -> Unit,
) : Peer {
    private val backend = postgresBackend(schema.settings)
    private val worker = backend.worker { entrypoint(ENTRYPOINT) { ran() } }
    private val job = NewJob(ENTRYPOINT, PAYLOAD.encodeToByteArray())
    private var run: Job? = null

    init {
        runBlocking { backend.schema.install() }
    }

    override fun enqueue(count: Int) {
        runBlocking { backend.queue.enqueueAll(List(count) { job }) }
    }

    override fun start() {
        run = CoroutineScope(Dispatchers.Default).launch { worker.run() }
    }

    override fun left() = schema.number("SELECT count(*) FROM pgqueuer")

    override fun close() {
        worker.shutdown()
        runBlocking { run?.join() }
        backend.close()
    }

    companion object {
        val candidate = Candidate("PgQueuer", Versions["pgqueuer"], "defaults; `enqueueAll`", ::PgQueuerPeer)
    }
}
