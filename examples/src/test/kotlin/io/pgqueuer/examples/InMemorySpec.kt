package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import kotlinx.coroutines.test.runTest

class InMemorySpec : FunSpec({
    test("the quickstart in memory greets by priority") {
        // In virtual time handlers run one after another, so that the order is certain.
        runTest { inMemoryQuickstart() shouldContainExactly listOf("hello bob", "hello ann") }
    }
})
