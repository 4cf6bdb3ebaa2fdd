package io.pgqueuer.cli.torture.record

import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.readText
import kotlin.time.Instant

/**
 * One run of a handler.
 *
 * @property process the number of the worker process.
 * @property end when the handler ended, or its process, if that died first.
 * @property ending how it ended; null if its process died first.
 */
internal class HandlerRun<K : RunKey>(
    val process: Int,
    val key: K,
    val begin: Instant,
    val end: Instant,
    val ending: Ending?,
) {
    /** When its lease was claimed, by the server's clock: that is what an epoch is. */
    val claimed: Instant get() = instantOfMicros(key.epoch)
}

internal class Pause(
    val process: Int,
    val from: Instant,
    val to: Instant,
)

/**
 * What the worker process number [process] has recorded.
 *
 * @property settled the outcomes that the store has confirmed to it.
 * @property health what it last said of itself; null if it never did.
 */
internal class WorkerRecord(
    val process: Int,
    val isReady: Boolean,
    runs: List<HandlerRun<RunKey>>,
    val pauses: List<Pause>,
    val settled: Map<RunKey, Confirmation>,
    val health: Line.Health? = null,
) {
    val jobRuns: List<HandlerRun<RunKey.Job>> = runs.mapNotNull { it.of<RunKey.Job>() }
    val scheduleRuns: List<HandlerRun<RunKey.Schedule>> = runs.mapNotNull { it.of<RunKey.Schedule>() }

    private inline fun <reified K : RunKey> HandlerRun<RunKey>.of(): HandlerRun<K>? =
        (key as? K)?.let { HandlerRun(process, it, begin, end, ending) }

    companion object {
        /**
         * Reads the record of a process that [died] then.
         *
         * @throws IllegalStateException if a handler ended that had not begun.
         */
        fun read(process: Int, path: Path, died: Instant): WorkerRecord =
            of(process, if (path.exists()) wholeLines(path.readText()) else emptyList(), died)

        /** The last line may be cut off. */
        private fun wholeLines(text: String) = text.substringBeforeLast("\n", "").lines().filter(String::isNotEmpty)

        private fun of(process: Int, texts: List<String>, died: Instant): WorkerRecord {
            val lines = texts.map(Line::parse)
            val open = LinkedHashMap<RunKey, ArrayDeque<Line.Begin>>()
            val runs = ArrayList<HandlerRun<RunKey>>()
            val settled = HashMap<RunKey, Confirmation>()
            for (line in lines) {
                when (line) {
                    is Line.Begin -> open.getOrPut(line.key) { ArrayDeque() }.addLast(line)

                    is Line.End -> {
                        val begin = checkNotNull(open[line.key]?.removeFirstOrNull()) { "$line without a beginning" }
                        runs += HandlerRun(process, line.key, begin.at, line.at, line.ending)
                    }

                    is Line.Settled -> settled[line.key] = Confirmation(line.outcome, line.at)

                    is Line.Ready, is Line.Paused, is Line.Health -> Unit
                }
            }
            open.values.flatten().forEach { runs += HandlerRun(process, it.key, it.at, died, ending = null) }
            val pauses = lines.filterIsInstance<Line.Paused>().map { Pause(process, it.from, it.to) }
            val health = lines.filterIsInstance<Line.Health>().lastOrNull()
            return WorkerRecord(process, lines.any { it is Line.Ready }, runs, pauses, settled, health)
        }
    }
}
