package io.pgqueuer.cli.act

import io.pgqueuer.cli.Progress

/** How far a change of [expected] jobs is. Jobs can come and go meanwhile. */
internal class BulkProgress(
    private val expected: Int,
) {
    /** How many jobs were read, and were asked to change. */
    @Volatile
    var seen: Int = 0
        private set

    @Volatile
    var changed: Int = 0
        private set

    @Volatile
    private var isFinished = false

    fun add(seen: Int, changed: Int) {
        this.seen += seen
        this.changed += changed
    }

    fun finish() {
        isFinished = true
    }

    fun now(): Progress {
        val total = if (isFinished) seen else maxOf(expected, seen + 1)
        return Progress(seen.toLong(), total.toLong())
    }
}
