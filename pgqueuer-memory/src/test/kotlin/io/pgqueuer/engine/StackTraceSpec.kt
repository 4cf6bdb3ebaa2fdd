package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

class StackTraceSpec : FunSpec({
    test("the recorded stack trace is what the JVM prints, with causes and what they suppressed") {
        engineTest { backend ->
            val id = backend.queue.enqueue("e")
            val thrown = IllegalStateException("outer", IllegalArgumentException("inner", deep(5))).apply {
                addSuppressed(IllegalStateException("beside", deep(3)))
                addSuppressed(deep(2).also { it.addSuppressed(deep(1)) })
            }
            backend.worker { entrypoint("e") { throw thrown } }.run(DRAIN)

            backend.insights.log(id).last().failure.shouldNotBeNull().stackTrace shouldBe thrown.stackTraceToString()
        }
    }
})

private fun deep(depth: Int): Exception = if (depth == 0) UnsupportedOperationException("deep") else deep(depth - 1)
