package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimTarget
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

private val ClaimBatch.ids get() = jobs.map { it.job.id }

class ClaimsInTurnSpec : FunSpec({
    test("a claim waits for another of the same entrypoints, but not if that is stalled") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            val ids = backend.queue.enqueueAll(List(6) { NewJob("e") })
            val apart = backend.queue.enqueueAll(List(2) { NewJob("another") })
            database.stoppableBackend().use { stalling ->
                database.connect().use { other ->
                    other.execute(STOP_CLAIMS)
                    coroutineScope {
                        val stalled = async(Dispatchers.Default) { stalling.claim(ClaimTarget("e"), limit = 1) }
                        soon { database.texts(WAITING_FOR_LOCK).size shouldBe 1 }
                        backend.claim(ClaimTarget("another")).ids shouldContainExactly apart

                        val wait = measureTime {
                            backend.claim(ClaimTarget("e"), limit = 2).ids shouldContainExactly ids.take(2)
                        }
                        wait shouldBeGreaterThan 400.milliseconds
                        measureTime {
                            backend.claim(ClaimTarget("e"), limit = 1).ids shouldContainExactly ids.subList(2, 3)
                        } shouldBeLessThan wait
                        other.execute(LET_CLAIMS_GO_ON)
                        stalled.await().ids shouldContainExactly ids.subList(3, 4)
                    }
                }
            }
        }
    }
})
