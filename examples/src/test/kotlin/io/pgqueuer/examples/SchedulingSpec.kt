package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.days

class SchedulingSpec : FunSpec({
    test("there is a report for each working day, in a week of virtual time") {
        runTest {
            val reports = mutableListOf<String>()
            val worker = reportWorker(inMemoryBackend()) { reports += it }
            backgroundScope.launch { worker.run() }
            // From Thursday, the 1st of January 1970.
            delay(7.days)
            reports shouldContainExactly
                listOf("1970-01-01", "1970-01-02", "1970-01-05", "1970-01-06", "1970-01-07")
        }
    }
})
