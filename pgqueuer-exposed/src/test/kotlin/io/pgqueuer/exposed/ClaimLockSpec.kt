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
            database.execute(STOP_AT_FIRST_ROW)
            val backend = database.backend {
                poolMaxSize = 1
                properties += "options" to "-c search_path=stops,pg_catalog,public"
            }
            database.awaitConnections(0)
            val before = database.entriesRead()

            database.connect().use { other ->
                other.execute("SELECT pg_advisory_lock($GATE)")
                coroutineScope {
                    val claim = async(Dispatchers.Default) { backend.claim(target, limit = LIMIT) }
                    soon { (claim.isCompleted || database.texts(WAITING_FOR_LOCK).size == 1) shouldBe true }
                    claim.isCompleted shouldBe false
                    other.execute(TAKE_MOST)
                    other.execute("SELECT pg_advisory_unlock($GATE)")
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
private const val GATE = 4713

/** What another worker does to the jobs after the first one. */
private const val TAKE_MOST = "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), " +
    "heartbeat = now(), slot = id + $JOBS WHERE id BETWEEN 2 AND 1 + $TAKEN"

/** A function that a claim calls for each row that it has locked. Here it waits before it returns. */
private const val STOP_AT_FIRST_ROW = """
    CREATE SCHEMA stops;
    CREATE FUNCTION stops.octet_length(bytea) RETURNS int LANGUAGE plpgsql STABLE SET lock_timeout = 0 AS $$
    BEGIN
        PERFORM pg_advisory_lock_shared($GATE), pg_advisory_unlock_shared($GATE);
        RETURN pg_catalog.octet_length($1);
    END
    $$;
"""

/** Of the index in the order of claims. */
private fun PostgresDatabase.entriesRead(): Long =
    text("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'pgqueuer_immediate'")!!.toLong()
