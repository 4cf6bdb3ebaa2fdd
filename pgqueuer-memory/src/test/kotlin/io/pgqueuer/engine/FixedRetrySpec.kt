package io.pgqueuer.engine

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.RetryPolicy
import java.io.IOException
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

class FixedRetrySpec : FunSpec({
    test("a fixed policy waits the same time after each failure, until its attempts are spent") {
        val policy = RetryPolicy.fixed(maxAttempts = 4, delay = 30.seconds)
        (1..4).map { policy.delayAfter(IOException(), it, Random) } shouldContainExactly
            listOf(30.seconds, 30.seconds, 30.seconds, null)
    }

    test("its jitter lengthens and shortens, and its predicate is asked") {
        val policy = RetryPolicy.fixed(1_001, 10.seconds, jitter = 0.5, retryOn = { it is IOException })
        val waits = (1..1_000).map { policy.delayAfter(IOException(), it, Random(it)).shouldNotBeNull() }
        waits.min() shouldBeGreaterThanOrEqualTo 5.seconds
        waits.min() shouldBeLessThanOrEqualTo 6.seconds
        waits.max() shouldBeGreaterThanOrEqualTo 14.seconds
        waits.max() shouldBeLessThanOrEqualTo 15.seconds
        policy.delayAfter(IllegalStateException(), 1, Random).shouldBeNull()
    }

    test("no delay is a retry at once, and a delay out of its bounds is refused by its name") {
        RetryPolicy.fixed(2, Duration.ZERO).delayAfter(IOException(), 1, Random) shouldBe Duration.ZERO
        shouldThrow<IllegalArgumentException> { RetryPolicy.fixed(2, (-1).seconds) }.message shouldBe
            "delay must be >= 0 and finite, was -1s"
        shouldThrow<IllegalArgumentException> { RetryPolicy.fixed(0, 1.seconds) }.message shouldBe
            "maxAttempts must be >= 1, was 0"
    }
})
