package io.pgqueuer.cli.torture.worker

import kotlin.concurrent.thread
import kotlin.time.Clock
import kotlin.time.Duration.Companion.milliseconds

/**
 * Records when this process did not get to run: it was stopped, or the machine had too much else to do. A worker cannot
 * notice in time that it loses its leases then.
 */
internal fun watchPauses(record: RecordWriter) {
    thread(isDaemon = true, name = "pauses", priority = Thread.MAX_PRIORITY) {
        var last = Clock.System.now()
        while (true) {
            Thread.sleep(LOOK_EVERY.inWholeMilliseconds)
            val now = Clock.System.now()
            if (now - last >= LONG) record.paused(last, now)
            last = now
        }
    }
}

private val LOOK_EVERY = 20.milliseconds
private val LONG = 120.milliseconds
