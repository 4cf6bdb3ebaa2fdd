package io.pgqueuer.cli.torture.worker

import java.lang.management.ManagementFactory
import kotlin.concurrent.thread
import kotlin.time.Duration

/**
 * How much memory and how many threads this process uses.
 *
 * @property heap the bytes of the heap that are live.
 * @property threads how many platform threads are alive. The JVM does not count virtual ones.
 */
internal class Health private constructor(
    val heap: Long,
    val threads: Int,
) {
    companion object {
        /** Collects the garbage first: what is in use right after that is live. */
        fun measure(): Health {
            System.gc()
            val heap = ManagementFactory.getMemoryMXBean().heapMemoryUsage.used
            return Health(heap, ManagementFactory.getThreadMXBean().threadCount)
        }
    }
}

/** Records the health of this process: at once, and again each time that [every] has passed. */
internal fun watchHealth(record: RecordWriter, every: Duration) {
    thread(isDaemon = true, name = "health") {
        while (true) {
            Health.measure().run { record.health(heap, threads) }
            Thread.sleep(every.inWholeMilliseconds)
        }
    }
}
