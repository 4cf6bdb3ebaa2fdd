package io.pgqueuer.java.internal

import io.pgqueuer.java.RetryPolicy
import java.time.Duration
import java.util.Optional
import java.util.function.Predicate
import kotlin.jvm.optionals.getOrNull
import kotlin.random.Random
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import io.pgqueuer.RetryPolicy as CoreRetryPolicy

internal val noRetry: RetryPolicy = CorePolicy(CoreRetryPolicy.NONE)

internal val standardRetry: RetryPolicy = CorePolicy(CoreRetryPolicy.DEFAULT)

internal fun fixedRetry(maxAttempts: Int, delay: Duration): RetryPolicy = required("delay" to delay) {
    CorePolicy(CoreRetryPolicy.fixed(maxAttempts, delay.toKotlinDuration()))
}

internal fun exponentialBuilder(maxAttempts: Int): RetryPolicy.ExponentialBuilder = JavaExponentialBuilder(maxAttempts)

private class JavaExponentialBuilder(
    private val maxAttempts: Int,
) : RetryPolicy.ExponentialBuilder {
    private var initialDelay = 1.seconds
    private var factor = 2.0
    private var maxDelay = 1.hours
    private var jitter = 0.2
    private var retryOn: Predicate<in Throwable> = Predicate { true }

    override fun initialDelay(initialDelay: Duration) = required("initialDelay" to initialDelay) {
        apply { this.initialDelay = initialDelay.toKotlinDuration() }
    }

    override fun factor(factor: Double) = apply { this.factor = factor }

    override fun maxDelay(maxDelay: Duration) = required("maxDelay" to maxDelay) {
        apply { this.maxDelay = maxDelay.toKotlinDuration() }
    }

    override fun jitter(jitter: Double) = apply { this.jitter = jitter }

    override fun retryOn(retryOn: Predicate<in Throwable>) = required("retryOn" to retryOn) {
        apply { this.retryOn = retryOn }
    }

    override fun build(): RetryPolicy {
        val retried = retryOn
        return CorePolicy(
            CoreRetryPolicy.exponential(maxAttempts, initialDelay, factor, maxDelay, jitter) { retried.test(it) },
        )
    }
}

/** A policy of core's, which the engine uses as it is, with the engine's source of jitter. */
private class CorePolicy(
    val core: CoreRetryPolicy,
) : RetryPolicy {
    override fun delayAfter(failure: Throwable, attempt: Int): Optional<Duration> = required("failure" to failure) {
        Optional.ofNullable(core.delayAfter(failure, attempt, Random.Default)?.toJavaDuration())
    }
}

internal fun RetryPolicy.toCore(): CoreRetryPolicy = if (this is CorePolicy) {
    core
} else {
    CoreRetryPolicy { failure, attempt, _ -> delayAfter(failure, attempt).getOrNull()?.toKotlinDuration() }
}
