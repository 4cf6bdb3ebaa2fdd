package io.pgqueuer.java.internal

import io.pgqueuer.java.RetryPolicy
import java.time.Duration
import java.util.Optional
import java.util.function.Predicate
import kotlin.jvm.optionals.getOrNull
import kotlin.random.Random
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import io.pgqueuer.RetryPolicy as CoreRetryPolicy

val noRetry: RetryPolicy = CorePolicy(CoreRetryPolicy.NONE)

fun exponentialRetry(
    maxAttempts: Int,
    initialDelay: Duration,
    factor: Double,
    maxDelay: Duration,
    jitter: Double,
    retryOn: Predicate<in Throwable>,
): RetryPolicy = CorePolicy(
    CoreRetryPolicy.exponential(
        maxAttempts,
        initialDelay.toKotlinDuration(),
        factor,
        maxDelay.toKotlinDuration(),
        jitter,
    ) { retryOn.test(it) },
)

/** A policy of core's, which the engine takes as it is, with its own chance. */
private class CorePolicy(
    val core: CoreRetryPolicy,
) : RetryPolicy {
    override fun delayAfter(failure: Throwable, attempt: Int): Optional<Duration> =
        Optional.ofNullable(core.delayAfter(failure, attempt, Random.Default)?.toJavaDuration())
}

internal fun RetryPolicy.toCore(): CoreRetryPolicy = if (this is CorePolicy) {
    core
} else {
    CoreRetryPolicy { failure, attempt, _ -> delayAfter(failure, attempt).getOrNull()?.toKotlinDuration() }
}
