package io.pgqueuer.cli

import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.enum
import com.github.ajalt.clikt.parameters.types.int
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions

/** [RunOptions] on the command line, with its defaults. */
internal class RunOptionGroup : OptionGroup("Worker options") {
    private val mode by option()
        .enum<RunMode> { it.name.lowercase() }
        .default(DEFAULTS.mode)
        .help("until it is stopped, or until the queue is empty (default: continuous)")
    private val batchSize by option().int()
        .help("the most jobs that one claim leases (default: follows the load, from 10 to 500)")
    private val maxConcurrentTasks by option().int()
        .help("the most handlers that run at once (default: no cap)")
    private val prefetch by option().int().default(DEFAULTS.prefetch)
        .help("jobs to hold ready beyond the running ones (default: ${DEFAULTS.prefetch})")
    private val dequeueTimeout by option().duration().default(DEFAULTS.dequeueTimeout)
        .help("how long an idle worker waits before it looks by itself (default: ${DEFAULTS.dequeueTimeout})")
    private val heartbeatTimeout by option().duration().default(DEFAULTS.heartbeatTimeout)
        .help("after it, a lease that was not renewed has expired (default: ${DEFAULTS.heartbeatTimeout})")
    private val maxRescues by option().int().default(DEFAULTS.maxRescues)
        .help("hold a job whose lease expired so often (default: ${DEFAULTS.maxRescues})")
    private val shutdownTimeout by option().duration().default(DEFAULTS.shutdownTimeout)
        .help("how long handlers may go on after a stop was asked for (default: ${DEFAULTS.shutdownTimeout})")
    private val shutdownOnListenerFailure by option().flag()
        .help("stop when notifications break, instead of polling meanwhile")
    private val logAggregationInterval by option().duration().default(DEFAULTS.logAggregationInterval)
        .help(
            "how often to count the log into the statistics, 0s for never (default: ${DEFAULTS.logAggregationInterval})",
        )
    private val logRetention by option().duration()
        .help("delete log entries older than this (default: keep them)")
    private val vacuumEvery by option().int().default(DEFAULTS.vacuumEvery)
        .help("vacuum the queue after so many jobs that ended here, 0 for never (default: ${DEFAULTS.vacuumEvery})")

    /** @throws UsageError if a value is out of its bounds. */
    fun options(): RunOptions = try {
        RunOptions { mode = mode; batchSize = batchSize; maxConcurrentTasks = maxConcurrentTasks; prefetch = prefetch; dequeueTimeout = dequeueTimeout; heartbeatTimeout = heartbeatTimeout; maxRescues = maxRescues; shutdownTimeout = shutdownTimeout; shutdownOnListenerFailure = shutdownOnListenerFailure; logAggregationInterval = logAggregationInterval; logRetention = logRetention; vacuumEvery = vacuumEvery }
    } catch (e: IllegalArgumentException) {
        throw UsageError(e.message.orEmpty())
    }

    private companion object {
        val DEFAULTS = RunOptions.DEFAULT
    }
}
