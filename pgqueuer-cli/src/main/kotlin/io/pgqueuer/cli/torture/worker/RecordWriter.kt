package io.pgqueuer.cli.torture.worker

import io.pgqueuer.cli.torture.record.Ending
import io.pgqueuer.cli.torture.record.Line
import io.pgqueuer.cli.torture.record.Outcome
import io.pgqueuer.cli.torture.record.RunKey
import java.nio.file.Path
import kotlin.time.Clock
import kotlin.time.Instant

/**
 * Appends to the record of this process what its handlers do.
 *
 * Each line is written to the operating system at once, so that `kill -9` cannot lose it. It does not have to survive
 * more than that.
 */
internal class RecordWriter(
    path: Path,
) : RunListener {
    private val file = path.toFile().outputStream()

    override fun began(key: RunKey) = write(Line.Begin(now(), key))

    override fun ended(key: RunKey, ending: Ending) = write(Line.End(now(), key, ending))

    fun ready() = write(Line.Ready(now()))

    fun settled(key: RunKey, outcome: Outcome) = write(Line.Settled(now(), key, outcome))

    fun paused(from: Instant, to: Instant) = write(Line.Paused(from, to))

    fun health(heap: Long, threads: Int) = write(Line.Health(now(), heap, threads))

    @Synchronized
    private fun write(line: Line) = file.write("${line.text}\n".encodeToByteArray())

    private fun now(): Instant = Clock.System.now()
}
