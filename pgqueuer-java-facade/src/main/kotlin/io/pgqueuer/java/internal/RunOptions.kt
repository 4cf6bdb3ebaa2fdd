package io.pgqueuer.java.internal

import io.pgqueuer.java.RunMode
import io.pgqueuer.java.RunOptions
import io.pgqueuer.java.Severity
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.asExecutor
import java.time.Duration
import java.util.Optional
import java.util.OptionalInt
import java.util.concurrent.Executor
import java.util.function.Consumer
import kotlin.coroutines.ContinuationInterceptor
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import io.pgqueuer.RunMode as CoreRunMode
import io.pgqueuer.RunOptions as CoreRunOptions
import io.pgqueuer.Severity as CoreSeverity

internal fun runOptions(): RunOptions.Builder = RunOptionsBuilder(CoreRunOptions.DEFAULT)

/** Returns the changes that [options] makes, for options of core. */
internal fun changesOf(options: Consumer<RunOptions.Builder>): CoreRunOptions.() -> Unit =
    RunOptionsBuilder(CoreRunOptions.DEFAULT).also(options::accept)::applyTo

internal fun RunOptions.toCore(): CoreRunOptions = requireNotNull(this as? JavaRunOptions) {
    "options of a run must be made by RunOptions.builder, were a ${javaClass.name}"
}.core

private data class JavaRunOptions(
    val core: CoreRunOptions,
) : RunOptions {
    override fun mode() = RunMode.valueOf(core.mode.name)

    override fun batchSize() = core.batchSize.toOptional()

    override fun maxConcurrentTasks() = core.maxConcurrentTasks.toOptional()

    override fun prefetch() = core.prefetch

    override fun dequeueTimeout() = core.dequeueTimeout.toJavaDuration()

    override fun heartbeatTimeout() = core.heartbeatTimeout.toJavaDuration()

    override fun maxRescues() = core.maxRescues

    override fun shutdownTimeout() = core.shutdownTimeout.toJavaDuration()

    override fun listen() = core.listen

    override fun shutdownOnListenerFailure() = core.shutdownOnListenerFailure

    override fun logAggregationInterval(): Optional<Duration> =
        Optional.ofNullable(core.logAggregationInterval?.toJavaDuration())

    override fun logRetention(): Optional<Duration> = Optional.ofNullable(core.logRetention?.toJavaDuration())

    override fun vacuumEvery() = core.vacuumEvery.toOptional()

    override fun retrySeverity() = Severity.valueOf(core.retrySeverity.name)

    override fun failureSeverity() = Severity.valueOf(core.failureSeverity.name)

    override fun restartOnFailure() = core.restartOnFailure

    override fun asyncHandlerExecutor(): Optional<Executor> {
        val dispatcher = core.handlerContext?.get(ContinuationInterceptor) as? CoroutineDispatcher
        return Optional.ofNullable(dispatcher?.asExecutor())
    }

    override fun with(changes: Consumer<RunOptions.Builder>): RunOptions = required("changes" to changes) {
        RunOptionsBuilder(core).also(changes::accept).build()
    }

    override fun toString() = core.toString()
}

/** Collects changes to options, which start as those of [base]. */
private class RunOptionsBuilder(
    private val base: CoreRunOptions,
) : RunOptions.Builder {
    private val changes = mutableListOf<CoreRunOptions.() -> Unit>()

    override fun mode(mode: RunMode) = required("mode" to mode) {
        set { this.mode = CoreRunMode.valueOf(mode.name) }
    }

    override fun batchSize(batchSize: Int) = set { this.batchSize = batchSize }

    override fun maxConcurrentTasks(maxConcurrentTasks: Int) = set { this.maxConcurrentTasks = maxConcurrentTasks }

    override fun prefetch(prefetch: Int) = set { this.prefetch = prefetch }

    override fun dequeueTimeout(dequeueTimeout: Duration) = required("dequeueTimeout" to dequeueTimeout) {
        set {
            this.dequeueTimeout = dequeueTimeout.toKotlinDuration()
        }
    }

    override fun heartbeatTimeout(heartbeatTimeout: Duration) = required("heartbeatTimeout" to heartbeatTimeout) {
        set {
            this.heartbeatTimeout = heartbeatTimeout.toKotlinDuration()
        }
    }

    override fun maxRescues(maxRescues: Int) = set { this.maxRescues = maxRescues }

    override fun shutdownTimeout(shutdownTimeout: Duration) = required("shutdownTimeout" to shutdownTimeout) {
        set {
            this.shutdownTimeout = shutdownTimeout.toKotlinDuration()
        }
    }

    override fun listen(listen: Boolean) = set { this.listen = listen }

    override fun shutdownOnListenerFailure(shutdownOnListenerFailure: Boolean) = set {
        this.shutdownOnListenerFailure = shutdownOnListenerFailure
    }

    override fun logAggregationInterval(logAggregationInterval: Duration) =
        required("logAggregationInterval" to logAggregationInterval) {
            set {
                this.logAggregationInterval = logAggregationInterval.toKotlinDuration()
            }
        }

    override fun noLogAggregation() = set { logAggregationInterval = null }

    override fun logRetention(logRetention: Duration) = required("logRetention" to logRetention) {
        set { this.logRetention = logRetention.toKotlinDuration() }
    }

    override fun vacuumEvery(vacuumEvery: Int) = set { this.vacuumEvery = vacuumEvery }

    override fun noVacuum() = set { vacuumEvery = null }

    override fun retrySeverity(retrySeverity: Severity) = required("retrySeverity" to retrySeverity) {
        set { this.retrySeverity = retrySeverity.toCore() }
    }

    override fun failureSeverity(failureSeverity: Severity) = required("failureSeverity" to failureSeverity) {
        set { this.failureSeverity = failureSeverity.toCore() }
    }

    override fun restartOnFailure(restartOnFailure: Boolean) = set { this.restartOnFailure = restartOnFailure }

    override fun asyncHandlerExecutor(asyncHandlerExecutor: Executor) =
        required("asyncHandlerExecutor" to asyncHandlerExecutor) {
            set {
                handlerContext = asyncHandlerExecutor.asCoroutineDispatcher()
            }
        }

    override fun build() = JavaRunOptions(base.with { changes.applyTo(this) })

    fun applyTo(options: CoreRunOptions) {
        changes.applyTo(options)
    }

    private fun set(change: CoreRunOptions.() -> Unit): RunOptionsBuilder {
        changes += change
        return this
    }
}

private fun Severity.toCore() = CoreSeverity.valueOf(name)

internal fun Int?.toOptional(): OptionalInt = if (this == null) OptionalInt.empty() else OptionalInt.of(this)
