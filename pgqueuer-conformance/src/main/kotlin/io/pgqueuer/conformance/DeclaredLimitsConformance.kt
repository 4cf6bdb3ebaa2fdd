package io.pgqueuer.conformance

import io.kotest.core.factory.TestFactory
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob

fun declaredLimitsConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    suspend fun StoreUnderTest.limits() = backend.insights.backlog().associate { it.entrypoint to it.concurrencyLimit }

    suspend fun StoreUnderTest.declare(vararg limits: Pair<String, Int?>) =
        backend.store.limits.declare(mapOf(*limits)).shouldBeNull()

    test("a limit is in the backlog from its declaration on, with its changes, until it is removed") {
        queue.enqueueAll(listOf(NewJob("a"), NewJob("b"), NewJob("free")))
        limits() shouldBe mapOf("a" to null, "b" to null, "free" to null)
        declare("a" to 5, "b" to Int.MAX_VALUE, "free" to null)
        limits() shouldBe mapOf("a" to 5, "b" to Int.MAX_VALUE, "free" to null)
        declare("a" to 7, "b" to null, "free" to 1)
        limits() shouldBe mapOf("a" to 7, "b" to null, "free" to 1)
        declare("a" to null, "b" to null, "free" to null)
        limits() shouldBe mapOf("a" to null, "b" to null, "free" to null)
    }

    test("of two workers, the one that started last decides, about its own entrypoints alone") {
        queue.enqueueAll(listOf(NewJob("a"), NewJob("b"), NewJob("c")))
        declare("a" to 5, "b" to 6)
        declare("b" to 2, "c" to 3)
        limits() shouldBe mapOf("a" to 5, "b" to 2, "c" to 3)
        declare("b" to 6, "a" to null)
        limits() shouldBe mapOf("a" to null, "b" to 6, "c" to 3)
    }

    test("a declared limit does not change what claims lease") {
        queue.enqueueAll(List(3) { NewJob("e") })
        declare("e" to 1)
        claim("e").jobs.size shouldBe 3
        backend.insights.backlog().single().run { slots to concurrencyLimit } shouldBe (0L to 1)
    }
}
