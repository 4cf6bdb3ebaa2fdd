package io.pgqueuer.exposed.interleaving

import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.pgqueuer.exposed.TestPostgres
import io.pgqueuer.exposed.backend
import io.pgqueuer.exposed.execute
import io.pgqueuer.exposed.interleaving.Operation.CANCEL
import io.pgqueuer.exposed.interleaving.Operation.CLAIM
import io.pgqueuer.exposed.interleaving.Operation.HOLD
import io.pgqueuer.exposed.interleaving.Operation.RENEW
import io.pgqueuer.exposed.interleaving.Operation.REQUEUE
import io.pgqueuer.exposed.interleaving.Operation.RETRY
import io.pgqueuer.exposed.interleaving.Operation.SUCCEED

/**
 * Every two operations on a job, in all orders of their starts and commits, from every start state: see [Interleavings].
 * Then with a second job and a concurrency limit of one, which only claims look at.
 *
 * Three operations are of different [KINDS], or two claims and another one, and all three start before the first one
 * commits: otherwise they are mostly two operations in the state that the third one leaves.
 *
 * It runs on request, with `-Dpgqueuer.interleavings=some`, as its own waiting can get stuck on a machine that is very
 * busy. `-Dpgqueuer.interleavings=all` enumerates all orders of all triples, which takes long.
 */
class InterleavingsSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val actors = (1..3).map { number ->
        database.backend {
            poolMaxSize = 1
            applicationName = Gates.nameOf(number)
        }
    }
    val gates by lazy { Gates(database, 1..actors.size) }
    val saved by lazy { SavedStarts(database, backend) }
    val interleavings by lazy { Interleavings(saved, gates, actors) }
    beforeSpec {
        backend.schema.install()
        // No other transaction may be in the way of an actor.
        database.execute("ALTER TABLE pgqueuer SET (autovacuum_enabled = off)")
    }
    afterSpec {
        saved.close()
        gates.close()
        (actors + backend).forEach { it.close() }
    }

    fun testOnRequest(name: String, test: suspend () -> Unit) =
        test(name).config(enabledOrReasonIf = { IF_ASKED_FOR }) { test() }

    for (state in StartState.entries) {
        testOnRequest("two operations at once on a job that is $state act as if one followed the other") {
            val start = Start(state, isLimited = false)
            val prepared = saved.save(start)
            Operation.entries.pairs().forEach { interleavings.check(start, prepared, it) }
        }

        testOnRequest("a claim and another operation at once keep a limit of one for a job that is $state") {
            val start = Start(state, isLimited = true)
            val prepared = saved.save(start)
            Operation.entries.pairs().filter { pair -> pair.any { it.claims } }
                .forEach { interleavings.check(start, prepared, it) }
        }

        testOnRequest("three operations at once on a job that is $state act as if they followed each other") {
            val start = Start(state, isLimited = false)
            val prepared = saved.save(start)
            triples().forEach { interleavings.check(start, prepared, it, areOverlapping = !ALL) }
        }
    }
})

private val ASKED: String? = System.getProperty("pgqueuer.interleavings")
private val ALL = ASKED == "all"
private val IF_ASKED_FOR =
    if (ASKED != null) Enabled.enabled else Enabled.disabled("run with -Dpgqueuer.interleavings=some")

/** One operation for each statement, except that a retry and a hold are the same one. */
private val KINDS = listOf(CLAIM, SUCCEED, RETRY, HOLD, RENEW, CANCEL, REQUEUE)

private fun triples(): List<List<Operation>> = if (ALL) {
    Operation.entries.flatMapIndexed { at, one -> Operation.entries.drop(at).pairs().map { listOf(one) + it } }
} else {
    KINDS.flatMapIndexed { at, one ->
        KINDS.drop(at + 1).pairs().filter { (two, three) -> two != three }.map { listOf(one) + it }
    } + KINDS.map { listOf(CLAIM, CLAIM, it) }
}

/** All pairs, also of one with itself. */
private fun <T> List<T>.pairs(): List<List<T>> = flatMapIndexed { at, one -> drop(at).map { listOf(one, it) } }
