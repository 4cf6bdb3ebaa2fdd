package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly

class InMemorySpec : FunSpec({
    test("the quickstart in memory greets by priority") {
        inMemoryQuickstart() shouldContainExactly listOf("hello bob", "hello ann")
    }
})
