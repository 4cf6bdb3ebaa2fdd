package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

private val ClaimBatch.ids get() = jobs.map { it.job.id }

class ClaimsInTurnSpec : FunSpec({
    test("a claim waits for another of the same entrypoints, but not if that is stalled") {
        besideAStoppedClaim {
            val apart = backend.queue.enqueueAll(List(2) { NewJob("another") })
            backend.claim(ClaimTarget("another")).ids shouldContainExactly apart

            suspend fun claim(limit: Int) = backend.claim(ClaimTarget("e"), limit = limit, leaseTimeout = 1.seconds)
            val wait = measureTime { claim(limit = 2).ids shouldContainExactly ids.take(2) }
            wait shouldBeGreaterThan 400.milliseconds
            measureTime { claim(limit = 1).ids shouldContainExactly ids.subList(2, 3) } shouldBeLessThan wait
            letGo()
            stopped.await().ids shouldContainExactly ids.subList(3, 4)
        }
    }

    test("a claim waits long for its turn, as claims are slow on a busy server") {
        besideAStoppedClaim {
            coroutineScope {
                val second = async(Dispatchers.Default) { backend.claim(ClaimTarget("e"), limit = 1) }
                soon { database.texts("$WAITING_FOR_LOCK AND now() - query_start > '0.7s'").size shouldBe 2 }
                letGo()
                stopped.await().ids shouldContainExactly ids.take(1)
                second.await().ids shouldContainExactly ids.subList(1, 2)
            }
        }
    }
})

/**
 * @property ids the jobs of the entrypoint `e`.
 * @property stopped a claim of one of them, which has the lock.
 * @property letGo lets it go on.
 */
private class StoppedClaim(
    val database: PostgresDatabase,
    val backend: PostgresBackend,
    val ids: List<JobId?>,
    val stopped: Deferred<ClaimBatch>,
    val letGo: () -> Unit,
)

/** Runs [block] while a claim is stopped in the server. */
private suspend fun besideAStoppedClaim(block: suspend StoppedClaim.() -> Unit) {
    val database = TestPostgres.newDatabase()
    database.backend().use { backend ->
        backend.schema.install()
        val ids = backend.queue.enqueueAll(List(6) { NewJob("e") })
        database.stoppableBackend().use { stopping ->
            database.connect().use { other ->
                other.execute(STOP_CLAIMS)
                coroutineScope {
                    val stopped = async(Dispatchers.Default) { stopping.claim(ClaimTarget("e"), limit = 1) }
                    soon { database.texts(WAITING_FOR_LOCK).size shouldBe 1 }
                    StoppedClaim(database, backend, ids, stopped) { other.execute(LET_CLAIMS_GO_ON) }.block()
                }
            }
        }
    }
}
