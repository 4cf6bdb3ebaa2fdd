package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import java.util.concurrent.ConcurrentHashMap

class AwaitResultSpec : FunSpec({
    test("the result can be read once the job has ended") {
        runTest {
            val backend = inMemoryBackend()
            val results = object : Results {
                private val values = ConcurrentHashMap<JobId, String>()

                override suspend fun put(id: JobId, result: String) {
                    values[id] = result
                }

                override suspend fun get(id: JobId) = values.getValue(id)
            }
            backgroundScope.launch { shoutWorker(backend, results).run() }
            val watcher = backend.completionWatcher(backgroundScope)
            shout("hello", backend, watcher, results) shouldBe "HELLO"
        }
    }
})
