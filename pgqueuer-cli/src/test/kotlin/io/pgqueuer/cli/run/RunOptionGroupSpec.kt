package io.pgqueuer.cli.run

import com.github.ajalt.clikt.core.BadParameterValue
import com.github.ajalt.clikt.core.CliktCommand
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.core.parse
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.clikt.testing.test
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.Severity
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class RunOptionGroupSpec : FunSpec({
    test("without options, they are the defaults") {
        options() shouldBe RunOptions.DEFAULT
    }

    test("each option sets its run option") {
        options(
            "--mode=drain", "--batch-size=7", "--max-concurrent-tasks=8", "--prefetch=9", "--dequeue-timeout=1s",
            "--heartbeat-timeout=2s", "--max-rescues=4", "--shutdown-timeout=1m 30s", "--shutdown-on-listener-failure",
            "--log-aggregation-interval=PT5S", "--log-retention=30d", "--vacuum-every=2000",
            "--retry-severity=debug", "--failure-severity=off", "--restart-on-failure",
        ) shouldBe RunOptions {
            mode = RunMode.DRAIN
            batchSize = 7
            maxConcurrentTasks = 8
            prefetch = 9
            dequeueTimeout = 1.seconds
            heartbeatTimeout = 2.seconds
            maxRescues = 4
            shutdownTimeout = 90.seconds
            shutdownOnListenerFailure = true
            logAggregationInterval = 5.seconds
            logRetention = 30.days
            vacuumEvery = 2_000
            retrySeverity = Severity.DEBUG
            failureSeverity = Severity.OFF
            restartOnFailure = true
        }
    }

    test("a worker can be told not to listen") {
        options("--no-listen") shouldBe RunOptions { listen = false }
    }

    test("the words auto and never stand for null") {
        options(
            "--batch-size=auto",
            "--max-concurrent-tasks=auto",
            "--log-aggregation-interval=never",
            "--log-retention=never",
            "--vacuum-every=never",
        ) shouldBe RunOptions {
            logAggregationInterval = null
            vacuumEvery = null
        }
    }

    test("every run option is an option of the command, except for the context of handlers, which is code") {
        // Setters of durations have a suffix, internal ones have another.
        val properties = RunOptions::class.java.methods.map { it.name }.filter { it.startsWith("set") && '$' !in it }
            .map { it.removePrefix("set").substringBefore('-').replaceFirstChar(Char::lowercase) }
        val options = Command().registeredOptions().flatMap { it.names }.filter { it != "--help" && it != "-h" }

        // An option that is on by default is turned off by --no-….
        options.map { it.removePrefix("--").removePrefix("no-") }
            .map { name -> name.replace(Regex("-(.)")) { it.groupValues[1].uppercase() } }.sorted()
            .shouldContainExactly((properties - "handlerContext").sorted())
    }

    test("the help shows the defaults, and how values are written") {
        val help = Command().test("--help").stdout.replace(Regex("\\s+"), " ")

        help shouldContain Regex("""--mode=\(continuous\|drain\) when [^()]* \(default: continuous\)""")
        help shouldContain Regex("""--batch-size=\(<int>\|auto\) the most [^()]* \(default: auto\)""")
        help shouldContain Regex("""--prefetch=<int> how many [^()]* \(default: 0\)""")
        help shouldContain Regex("""--dequeue-timeout=<duration> how often [^()]* \(default: 30s\)""")
        help shouldContain Regex("""--log-retention=\(<duration>\|never\) delete [^()]* \(default: never\)""")
        help shouldContain Regex("""--vacuum-every=\(<int>\|never\) vacuum [^()]* \(default: 100000\)""")
    }

    listOf(
        "--mode=forever" to "forever is not one of continuous, drain",
        "--prefetch=many" to "many is not a valid integer",
        "--prefetch=never" to "never is not a valid integer",
        "--prefetch=-1" to "prefetch must be >= 0, was -1",
        "--dequeue-timeout=10" to "'10' is no duration; write it as in 500ms, 30s or 1h 30m",
        "--vacuum-every=0" to "vacuumEvery must be >= 1000 jobs, or null for never, was 0",
    ).forEach { (argument, says) ->
        test("$argument is refused, and the error names the option: $says") {
            val error = shouldThrow<BadParameterValue> { options(argument) }
            error.message shouldBe says
            error.paramName shouldBe argument.substringBefore('=')
        }
    }

    test("options that do not fit each other are wrong usage") {
        val error = shouldThrow<UsageError> { options("--log-retention=1d", "--log-aggregation-interval=never") }
        error.message shouldContain "logRetention needs a logAggregationInterval"
        options("--log-retention=1d").logRetention shouldBe 1.days
        options("--log-retention=1m").logRetention shouldBe 1.minutes
    }
})

private class Command : CliktCommand() {
    private val group by RunOptionGroup()
    lateinit var options: RunOptions

    override fun run() {
        options = group.options()
    }
}

private fun options(vararg arguments: String): RunOptions = Command().apply { parse(arguments.asList()) }.options
