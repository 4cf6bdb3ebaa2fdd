package io.pgqueuer.cli.run

import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.parameters.groups.OptionGroup
import com.github.ajalt.clikt.parameters.options.convert
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.option
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.Severity
import io.pgqueuer.cli.OptionText
import io.pgqueuer.cli.or
import io.pgqueuer.cli.readDuration
import kotlin.reflect.KMutableProperty1

/**
 * [RunOptions] on the command line.
 *
 * An option is added by one line in `init`: the property that it sets, how its text is read, and its help. The property
 * gives it its name (`batchSize` is `--batch-size`), its default and its bounds.
 */
internal class RunOptionGroup : OptionGroup("Worker options") {
    private val assignments = mutableListOf<RunOptions.() -> Unit>()

    init {
        value(RunOptions::mode, MODE, "when the run ends: when it is stopped, or when the queue is empty")
        value(RunOptions::batchSize, INT.or(AUTO), "the most jobs that one claim leases; auto follows the load")
        value(RunOptions::maxConcurrentTasks, INT.or(AUTO), "the most handlers that run at once; auto is $AUTO_TASKS")
        value(RunOptions::prefetch, INT, "how many more jobs the worker may claim ahead")
        value(RunOptions::dequeueTimeout, DURATION, "how often an idle worker polls if no notification arrives")
        noFlag(RunOptions::listen, "do not listen for notifications, only poll: behind a pooler in transaction mode")
        value(RunOptions::heartbeatTimeout, DURATION, "a lease expires if it is not renewed within this time")
        value(RunOptions::maxRescues, INT, "hold a job whose lease expires this often in a row")
        value(RunOptions::shutdownTimeout, DURATION, "how long handlers may run on after the worker is told to stop")
        flag(RunOptions::shutdownOnListenerFailure, "stop if notifications fail, instead of polling until they work")
        flag(
            RunOptions::restartOnFailure,
            "start a failed worker again, after 1s and then after longer and longer, up to 30s",
        )
        value(RunOptions::logAggregationInterval, DURATION.or(NEVER), "how often to count the log into the statistics")
        value(RunOptions::logRetention, DURATION.or(NEVER), "delete log entries that are older than this")
        value(RunOptions::vacuumEvery, INT.or(NEVER), "vacuum the queue each time this many jobs have ended here")
        value(RunOptions::retrySeverity, SEVERITY, "at which severity to log a failed run whose job is retried")
        value(RunOptions::failureSeverity, SEVERITY, "at which severity to log a job that failed for good")
    }

    /** @throws UsageError if the values do not fit each other. */
    fun options(): RunOptions = try {
        RunOptions { assignments.forEach { it() } }
    } catch (e: IllegalArgumentException) {
        throw UsageError(e.message.orEmpty())
    }

    private fun flag(property: KMutableProperty1<RunOptions, Boolean>, help: String) =
        flag(nameOf(property), property, sets = true, help)

    /** For a property that is true by default: `--no-listen` sets `listen` to false. */
    private fun noFlag(property: KMutableProperty1<RunOptions, Boolean>, help: String) =
        flag(nameOf(property).replaceFirst("--", "--no-"), property, sets = false, help)

    private fun flag(name: String, property: KMutableProperty1<RunOptions, Boolean>, sets: Boolean, help: String) {
        val flag = option(name, help = help).flag()
        registerOption(flag)
        assignments += { if (flag.value) property.set(this, sets) }
    }

    private fun <T> value(property: KMutableProperty1<RunOptions, T>, text: OptionText<T>, help: String) {
        val default = text.show(property.get(RunOptions.DEFAULT))
        val option = option(nameOf(property), help = "$help (default: $default)").convert(text.metavar) {
            try {
                // Set at once, so that the error for a value out of its bounds names the option.
                Given(text.read(it)).also { given -> RunOptions { property.set(this, given.value) } }
            } catch (e: IllegalArgumentException) {
                fail(e.message.orEmpty())
            }
        }
        registerOption(option)
        assignments += { option.value?.let { given -> property.set(this, given.value) } }
    }

    /** A value that was given, and may be null. */
    private class Given<T>(
        val value: T,
    )

    private companion object {
        const val AUTO = "auto"
        const val AUTO_TASKS = "${RunOptions.DEFAULT_MAX_CONCURRENT_TASKS}, or less if a handler blocks"
        const val NEVER = "never"

        val INT = OptionText("<int>") { requireNotNull(it.toIntOrNull()) { "$it is not a valid integer" } }
        val DURATION = OptionText("<duration>", read = ::readDuration)
        val MODE = OptionText.choice(RunMode.entries.associateBy { it.name.lowercase() })

        val SEVERITY = OptionText.choice(Severity.entries.associateBy { it.name.lowercase() })

        fun nameOf(property: KMutableProperty1<RunOptions, *>) =
            "--" + property.name.replace(Regex("[A-Z]")) { "-" + it.value.lowercase() }
    }
}
