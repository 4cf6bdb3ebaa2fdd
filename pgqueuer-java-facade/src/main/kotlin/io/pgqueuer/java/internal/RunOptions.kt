package io.pgqueuer.java.internal

import io.pgqueuer.java.RunMode
import io.pgqueuer.java.RunOptions
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

internal fun runOptions(): RunOptions.Builder = RunOptionsBuilder(CoreRunOptions.DEFAULT)

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

    override fun shutdownOnListenerFailure() = core.shutdownOnListenerFailure

    override fun logAggregationInterval(): Optional<Duration> =
        Optional.ofNullable(core.logAggregationInterval?.toJavaDuration())

    override fun logRetention(): Optional<Duration> = Optional.ofNullable(core.logRetention?.toJavaDuration())

    override fun vacuumEvery() = core.vacuumEvery.toOptional()

    override fun asyncHandlerExecutor(): Optional<Executor> {
        val dispatcher = core.handlerContext?.get(ContinuationInterceptor) as? CoroutineDispatcher
        return Optional.ofNullable(dispatcher?.asExecutor())
    }

    override fun with(changes: Consumer<RunOptions.Builder>): RunOptions =
        RunOptionsBuilder(core).also(changes::accept).build()

    override fun toString() = core.toString()
}

/** Collects changes to options, which start as those of [base]. */
private class RunOptionsBuilder(
    private val base: CoreRunOptions,
) : RunOptions.Builder {
    private val changes = mutableListOf<CoreRunOptions.() -> Unit>()

    override fun mode(mode: RunMode) = set { this.mode = CoreRunMode.valueOf(mode.name) }

    override fun batchSize(batchSize: Int) = set { this.batchSize = batchSize }

    override fun maxConcurrentTasks(maxConcurrentTasks: Int) = set { this.maxConcurrentTasks = maxConcurrentTasks }

    override fun prefetch(prefetch: Int) = set { this.prefetch = prefetch }

    override fun dequeueTimeout(dequeueTimeout: Duration) = set {
        this.dequeueTimeout = dequeueTimeout.toKotlinDuration()
    }

    override fun heartbeatTimeout(heartbeatTimeout: Duration) = set {
        this.heartbeatTimeout = heartbeatTimeout.toKotlinDuration()
    }

    override fun maxRescues(maxRescues: Int) = set { this.maxRescues = maxRescues }

    override fun shutdownTimeout(shutdownTimeout: Duration) = set {
        this.shutdownTimeout = shutdownTimeout.toKotlinDuration()
    }

    override fun shutdownOnListenerFailure(shutdownOnListenerFailure: Boolean) = set {
        this.shutdownOnListenerFailure = shutdownOnListenerFailure
    }

    override fun logAggregationInterval(logAggregationInterval: Duration) = set {
        this.logAggregationInterval = logAggregationInterval.toKotlinDuration()
    }

    override fun noLogAggregation() = set { logAggregationInterval = null }

    override fun logRetention(logRetention: Duration) = set { this.logRetention = logRetention.toKotlinDuration() }

    override fun vacuumEvery(vacuumEvery: Int) = set { this.vacuumEvery = vacuumEvery }

    override fun noVacuum() = set { vacuumEvery = null }

    override fun asyncHandlerExecutor(asyncHandlerExecutor: Executor) = set {
        handlerContext = asyncHandlerExecutor.asCoroutineDispatcher()
    }

    override fun build() = JavaRunOptions(base.with { changes.applyTo(this) })

    private fun set(change: CoreRunOptions.() -> Unit): RunOptionsBuilder {
        changes += change
        return this
    }
}

internal fun Int?.toOptional(): OptionalInt = if (this == null) OptionalInt.empty() else OptionalInt.of(this)
