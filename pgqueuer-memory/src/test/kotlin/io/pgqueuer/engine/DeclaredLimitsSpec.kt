package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.port.LimitRepository
import io.pgqueuer.port.Store

class DeclaredLimitsSpec : FunSpec({
    test("a worker declares the limits of its entrypoints when it starts, and that others have none") {
        engineTest { backend ->
            val declared = mutableListOf<Map<String, Int?>>()
            val seen = backend.withLimits {
                declared += it
                backend.store.limits.declare(it)
            }
            seen.worker {
                entrypoint("limited", { concurrencyLimit = 5 }) { }
                entrypoint("free") { }
            }.run(DRAIN)
            declared shouldContainExactly listOf(mapOf("limited" to 5, "free" to null))
            backend.queue.enqueue("limited")
            backend.insights.backlog().single().concurrencyLimit shouldBe 5

            seen.worker { schedule("report", "0 0 1 1 *") { } }.run(DRAIN)
            declared.size shouldBe 1
        }
    }

    test("a worker that may not declare its limits says once what it needs, and works") {
        engineTest { backend ->
            val refusing = backend.withLimits { "GRANT SELECT ON pgqueuer_limits TO \"worker\"" }
            backend.queue.enqueue("e")
            warningsOf(WORKER_LOG) {
                refusing.worker { entrypoint("e", { concurrencyLimit = 5 }) { } }.run(DRAIN).succeeded shouldBe 1
            } shouldContainExactly listOf(
                "views of the queue cannot show the concurrency limits of [e]: this worker's user needs " +
                    "GRANT SELECT ON pgqueuer_limits TO \"worker\"",
            )
            warningsOf(WORKER_LOG) { refusing.worker { entrypoint("e") { } }.run(DRAIN) }.shouldBeEmpty()
        }
    }
})

private fun StoreBackend.withLimits(declare: suspend (Map<String, Int?>) -> String?) = StoreBackend(
    object : Store by store {
        override val limits = object : LimitRepository {
            override suspend fun declare(limits: Map<String, Int?>) = declare(limits)
        }
    },
)
