package io.pgqueuer.cli.torture

import io.pgqueuer.Backend
import io.pgqueuer.exposed.postgresBackend
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What a torture and a soak have in common: a new queue, workers that run its jobs, and the end of all jobs. */
internal class Trial(
    server: TortureServer,
    private val crew: Crew,
) : AutoCloseable {
    val backend: Backend = postgresBackend(
        server.settings.with {
            applicationName = "torture producer"
            connectTimeout = 2.seconds
        },
    )

    val open = OpenJobs(backend.insights)

    /**
     * Starts the workers, runs [load], and waits until all jobs have ended and the workers have shut down. Returns what
     * went wrong with the workers, or that jobs have not ended in time.
     *
     * @param watch runs from the start of the load until the jobs have ended.
     */
    suspend fun run(watch: suspend () -> Nothing, load: suspend () -> Unit): List<String> {
        backend.schema.install()
        crew.start()
        val hasEnded = coroutineScope {
            val watching = listOf(launch { crew.watch() }, launch { watch() })
            load()
            val hasEnded = withTimeoutOrNull(ENDS_WITHIN) { open.awaitNone() } != null
            watching.forEach { it.cancelAndJoin() }
            hasEnded
        }
        crew.shutDown()
        backend.schema.verify()
        return if (hasEnded) crew.troubles else crew.troubles + "${open.count} jobs have not ended within $ENDS_WITHIN"
    }

    override fun close() = backend.close()

    private companion object {
        /** Most of it is for machines that are busy: leases expire and retries are due within seconds. */
        val ENDS_WITHIN = 2.minutes
    }
}
