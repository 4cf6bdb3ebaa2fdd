package io.pgqueuer.java.internal

import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.java.RunMode
import io.pgqueuer.java.RunOptions
import kotlinx.coroutines.asCoroutineDispatcher
import java.time.Duration
import java.util.concurrent.Executor
import kotlin.time.toKotlinDuration
import io.pgqueuer.RunMode as CoreRunMode
import io.pgqueuer.RunOptions as CoreRunOptions

/** By its parts, as the record that they make is checked before it is there. */
@Suppress("LongParameterList")
fun toCore(
    mode: RunMode,
    batchSize: Int?,
    maxConcurrentTasks: Int?,
    prefetch: Int,
    dequeueTimeout: Duration,
    heartbeatTimeout: Duration,
    maxRescues: Int,
    shutdownTimeout: Duration,
    shutdownOnListenerFailure: Boolean,
    logAggregationInterval: Duration,
    logRetention: Duration?,
    vacuumEvery: Int,
    asyncHandlerExecutor: Executor?,
) = CoreRunOptions(
    mode = CoreRunMode.valueOf(mode.name),
    batchSize = batchSize,
    maxConcurrentTasks = maxConcurrentTasks,
    prefetch = prefetch,
    dequeueTimeout = dequeueTimeout.toKotlinDuration(),
    heartbeatTimeout = heartbeatTimeout.toKotlinDuration(),
    maxRescues = maxRescues,
    shutdownTimeout = shutdownTimeout.toKotlinDuration(),
    shutdownOnListenerFailure = shutdownOnListenerFailure,
    handlerContext = asyncHandlerExecutor?.asCoroutineDispatcher(),
    logAggregationInterval = logAggregationInterval.toKotlinDuration(),
    logRetention = logRetention?.toKotlinDuration(),
    vacuumEvery = vacuumEvery,
)

internal fun RunOptions.toCore() = toCore(
    mode,
    batchSize,
    maxConcurrentTasks,
    prefetch,
    dequeueTimeout,
    heartbeatTimeout,
    maxRescues,
    shutdownTimeout,
    shutdownOnListenerFailure,
    logAggregationInterval,
    logRetention,
    vacuumEvery,
    asyncHandlerExecutor,
)

fun PostgresSettings.withPrefix(prefix: String) = copy(prefix = prefix)

fun PostgresSettings.withSchema(schema: String?) = copy(schema = schema)

fun PostgresSettings.withPoolMaxSize(size: Int) = copy(poolMaxSize = size)

fun PostgresSettings.withConnectTimeout(timeout: Duration) = copy(connectTimeout = timeout.toKotlinDuration())

fun PostgresSettings.withApplicationName(name: String) = copy(applicationName = name)

fun PostgresSettings.withUser(user: String) = copy(user = user)

fun PostgresSettings.withPassword(password: String?) = copy(password = password)

fun PostgresSettings.withProperty(name: String, value: String) = copy(properties = properties + (name to value))
