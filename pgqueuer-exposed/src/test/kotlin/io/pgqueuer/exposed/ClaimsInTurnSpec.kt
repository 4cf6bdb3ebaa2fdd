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
import kotlin.time.Duration.Companion.seconds
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

                        suspend fun claim(limit: Int) =
                            backend.claim(ClaimTarget("e"), limit = limit, leaseTimeout = 1.seconds)
                        val wait = measureTime { claim(limit = 2).ids shouldContainExactly ids.take(2) }
                        wait shouldBeGreaterThan 400.milliseconds
                        measureTime { claim(limit = 1).ids shouldContainExactly ids.subList(2, 3) } shouldBeLessThan
                            wait
                        other.execute(LET_CLAIMS_GO_ON)
                        stalled.await().ids shouldContainExactly ids.subList(3, 4)
                    }
                }
            }
        }
    }

    test("a claim waits long for its turn, as claims are slow on a busy server") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            val ids = backend.queue.enqueueAll(List(3) { NewJob("e") })
            database.stoppableBackend().use { slow ->
                database.connect().use { other ->
                    other.execute(STOP_CLAIMS)
                    coroutineScope {
                        val first = async(Dispatchers.Default) { slow.claim(ClaimTarget("e"), limit = 1) }
                        soon { database.texts(WAITING_FOR_LOCK).size shouldBe 1 }
                        val second = async(Dispatchers.Default) { backend.claim(ClaimTarget("e"), limit = 1) }
                        soon { database.texts("$WAITING_FOR_LOCK AND now() - query_start > '0.7s'").size shouldBe 2 }
                        other.execute(LET_CLAIMS_GO_ON)
                        first.await().ids shouldContainExactly ids.take(1)
                        second.await().ids shouldContainExactly ids.subList(1, 2)
                    }
                }
            }
        }
    }
})
