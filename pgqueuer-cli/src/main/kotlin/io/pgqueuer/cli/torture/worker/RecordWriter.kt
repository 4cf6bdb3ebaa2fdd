package io.pgqueuer.cli.torture.worker

import io.pgqueuer.cli.torture.record.Ending
import io.pgqueuer.cli.torture.record.Line
import io.pgqueuer.cli.torture.record.Outcome
import io.pgqueuer.cli.torture.record.RunKey
import java.io.InterruptedIOException
import java.nio.file.Path
import kotlin.coroutines.cancellation.CancellationException
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
) {
    private val file = path.toFile().outputStream()

    /** Records that this run begins, runs [block], and records how it ended. */
    inline fun <T> recording(key: RunKey, block: () -> T): T {
        write(Line.Begin(now(), key))
        var ending = Ending.FAILED
        try {
            return block().also { ending = Ending.RETURNED }
        } catch (e: Throwable) {
            if (e.isCancellation) ending = Ending.CANCELLED
            throw e
        } finally {
            write(Line.End(now(), key, ending))
        }
    }

    fun ready() = write(Line.Ready(now()))

    fun settled(key: RunKey, outcome: Outcome) = write(Line.Settled(now(), key, outcome))

    fun paused(from: Instant, to: Instant) = write(Line.Paused(from, to))

    @Synchronized
    fun write(line: Line) = file.write("${line.text}\n".encodeToByteArray())

    fun now(): Instant = Clock.System.now()

    val Throwable.isCancellation: Boolean
        get() = this is CancellationException || this is InterruptedException || this is InterruptedIOException
}
