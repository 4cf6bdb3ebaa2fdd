package io.pgqueuer.cli.torture.record

import kotlin.time.Instant

/** How a handler ended, as it saw it itself. */
internal enum class Ending { RETURNED, FAILED, CANCELLED }

/** What a handler ran. */
internal sealed interface RunKey {
    val epoch: Long

    data class Job(
        val id: Long,
        override val epoch: Long,
        val entrypoint: String,
    ) : RunKey

    data class Schedule(
        override val epoch: Long,
    ) : RunKey
}

/** One line of the record that a worker process writes. [text] is how it stands in the file. */
internal sealed interface Line {
    val text: String

    data class Begin(val at: Instant, val key: RunKey) : Line {
        override val text get() = "begin ${at.micros} ${key.text}"
    }

    data class End(val at: Instant, val key: RunKey, val ending: Ending) : Line {
        override val text get() = "end ${at.micros} $ending ${key.text}"
    }

    /** The store has confirmed the outcome of a run. */
    data class Settled(
        val at: Instant,
        val key: RunKey,
        val outcome: Outcome,
    ) : Line {
        override val text get() = "settled ${at.micros} $outcome ${key.text}"
    }

    /** The worker listens: it has started. */
    data class Ready(val at: Instant) : Line {
        override val text get() = "ready ${at.micros}"
    }

    /** The process did not run in this time. */
    data class Paused(val from: Instant, val to: Instant) : Line {
        override val text get() = "paused ${from.micros} ${to.micros}"
    }

    /**
     * How much of its machine the process uses.
     *
     * @property heap the bytes of the heap that are live: those in use right after a garbage collection.
     * @property threads how many platform threads are alive.
     */
    data class Health(val at: Instant, val heap: Long, val threads: Int) : Line {
        override val text get() = "health ${at.micros} $heap $threads"
    }

    companion object {
        fun parse(text: String): Line {
            val words = text.split(" ")
            return when (words[0]) {
                "begin" -> Begin(instant(words[1]), key(words.drop(2)))
                "end" -> End(instant(words[1]), key(words.drop(3)), Ending.valueOf(words[2]))
                "settled" -> Settled(instant(words[1]), key(words.drop(3)), Outcome.valueOf(words[2]))
                "ready" -> Ready(instant(words[1]))
                "paused" -> Paused(instant(words[1]), instant(words[2]))
                "health" -> Health(instant(words[1]), words[2].toLong(), words[3].toInt())
                else -> error("'$text' is no line of a record")
            }
        }

        private val RunKey.text
            get() = when (this) {
                is RunKey.Job -> "job $epoch $id $entrypoint"
                is RunKey.Schedule -> "schedule $epoch"
            }

        private fun key(words: List<String>): RunKey = when (words[0]) {
            "job" -> RunKey.Job(id = words[2].toLong(), epoch = words[1].toLong(), entrypoint = words[3])
            else -> RunKey.Schedule(words[1].toLong())
        }

        private fun instant(micros: String) = instantOfMicros(micros.toLong())
    }
}

/** The microseconds since 1970, which is how exactly PostgreSQL knows the time. */
internal val Instant.micros: Long get() = epochSeconds * 1_000_000 + nanosecondsOfSecond / 1_000

internal fun instantOfMicros(micros: Long): Instant =
    Instant.fromEpochSeconds(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000)
