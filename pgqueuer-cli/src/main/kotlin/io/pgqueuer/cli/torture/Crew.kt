package io.pgqueuer.cli.torture

import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * The workers of a torture: [size] places, each with one process at a time.
 *
 * @param launch starts the process with this number.
 */
internal class Crew(
    size: Int,
    private val launch: (Int) -> WorkerProcess,
) : AutoCloseable {
    private val started = mutableListOf<WorkerProcess>()
    private var isClosed = false
    private val places = List(size) { Place() }
    private val found = ConcurrentLinkedQueue<String>()

    /** The process of each place. */
    val atWork: List<WorkerProcess> get() = places.map { it.process }

    /** All processes that there were. */
    val all: List<WorkerProcess> @Synchronized get() = started.toList()

    /** What processes did that they should not have done. */
    val troubles: List<String> get() = found.toList()

    /** A place for a worker. Whoever holds it decides what happens to its process. */
    inner class Place {
        val held = Mutex()
        lateinit var process: WorkerProcess
            private set

        /**
         * Starts a process, and waits until it works. A worker that finds no server when it starts ends; another one
         * follows.
         */
        suspend fun fill() {
            val isFilled = withTimeoutOrNull(STARTS_WITHIN) {
                do {
                    process = launchNext()
                    while (process.isAlive && !process.isReady) delay(LOOK_EVERY)
                } while (!process.isAlive)
            }
            checkNotNull(isFilled) { "worker ${process.number} has not started within $STARTS_WITHIN" }
        }

        /** Asks the process to shut down, and waits until it has. */
        suspend fun shutDown() {
            process.shutDown()
            if (withTimeoutOrNull(SHUTS_DOWN_WITHIN) { process.awaitEnd() } == null) {
                found += "worker ${process.number} has not shut down within $SHUTS_DOWN_WITHIN"
                process.kill()
            } else if (process.exitValue() != 0) {
                found += "worker ${process.number} shut down with exit code ${process.exitValue()}"
            }
        }
    }

    suspend fun start() = coroutineScope { places.map { async { it.fill() } }.awaitAll() }

    /** Runs [block] with a place that nobody holds. [choice] chooses which one. */
    suspend fun <T> withOne(choice: Int, block: suspend Place.() -> T): T {
        while (true) {
            val inOrder = List(places.size) { places[(choice % places.size + it) % places.size] }
            val place = inOrder.firstOrNull { it.held.tryLock() }
            if (place == null) {
                delay(LOOK_EVERY)
                continue
            }
            try {
                return place.block()
            } finally {
                place.held.unlock()
            }
        }
    }

    /** Replaces workers that end by themselves, which none should do. */
    suspend fun watch(): Nothing {
        while (true) {
            for (place in places) {
                if (!place.held.tryLock()) continue
                try {
                    if (!place.process.isAlive) {
                        val process = place.process
                        found += "worker ${process.number} ended by itself, with exit code ${process.exitValue()}"
                        place.fill()
                    }
                } finally {
                    place.held.unlock()
                }
            }
            delay(LOOK_EVERY)
        }
    }

    suspend fun shutDown() = coroutineScope { places.map { async { it.shutDown() } }.awaitAll() }

    @Synchronized
    private fun launchNext(): WorkerProcess {
        check(!isClosed) { "the torture has ended" }
        return launch(started.size + 1).also { started += it }
    }

    /** Kills all that is left. */
    @Synchronized
    override fun close() {
        isClosed = true
        started.forEach(WorkerProcess::kill)
    }

    private companion object {
        val LOOK_EVERY = 50.milliseconds
        val STARTS_WITHIN = 2.minutes

        /** The time that a run may take to end, and some for the process itself, on a busy machine. */
        val SHUTS_DOWN_WITHIN = WorkerProcess.SHUTDOWN_TIMEOUT + 15.seconds + 15.seconds
    }
}
