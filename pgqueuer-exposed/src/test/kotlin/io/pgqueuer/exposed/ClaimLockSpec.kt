package io.pgqueuer.exposed

import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope

/**
 * A claim locks each row in a subquery of that row alone. PostgreSQL runs all that is below a lock again for each row
 * that was changed after the claim began, so that a lock further up reads all candidates again for each of them.
 */
@EnabledIf(PromptCounters::class)
class ClaimLockSpec : FunSpec({
    for ((kind, target) in listOf("an unlimited" to ClaimTarget("e"), "a limited" to limited("e", JOBS))) {
        test("a claim of $kind entrypoint reads each job once, even if others take most of them meanwhile") {
            val database = TestPostgres.newDatabase()
            database.backend().use { backend ->
                backend.schema.install()
                backend.queue.enqueueAll(List(JOBS) { NewJob("e") })
            }
            val backend = database.stoppableBackend()
            database.awaitConnections(0)
            val before = database.entriesRead()

            database.connect().use { other ->
                other.execute(STOP_CLAIMS)
                coroutineScope {
                    val claim = async(Dispatchers.Default) { backend.claim(target, limit = LIMIT) }
                    soon { (claim.isCompleted || database.texts(WAITING_FOR_LOCK).size == 1) shouldBe true }
                    claim.isCompleted shouldBe false
                    other.execute(TAKE_MOST)
                    other.execute(LET_CLAIMS_GO_ON)
                    val firstLeft = TAKEN + 2L
                    claim.await().jobs.map { it.job.id.value } shouldContainExactly
                        listOf(1L) + (firstLeft..<firstLeft + LIMIT - 1)
                }
            }

            backend.close()
            database.awaitConnections(0)
            database.entriesRead() - before shouldBeInRange TAKEN + LIMIT.toLong()..2L * JOBS
        }
    }
})

private const val JOBS = 400
private const val TAKEN = 200
private const val LIMIT = 10

/** What another worker does to the jobs after the first one. */
private const val TAKE_MOST = "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), " +
    "heartbeat = now(), slot = id + $JOBS WHERE id BETWEEN 2 AND 1 + $TAKEN"

/** Of the index in the order of claims. */
private fun PostgresDatabase.entriesRead(): Long =
    text("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'pgqueuer_immediate'")!!.toLong()
