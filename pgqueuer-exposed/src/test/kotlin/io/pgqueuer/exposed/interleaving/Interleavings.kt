package io.pgqueuer.exposed.interleaving

import io.kotest.assertions.withClue
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeIn
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.JobStatus
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.PostgresBackend
import kotlinx.coroutines.coroutineScope
import java.sql.SQLException

/**
 * Runs operations on PostgreSQL, each on a connection of its own, in all orders of their starts and commits. Each
 * outcome must be that of a sequential order: the rows, the log, and what each operation returned.
 *
 * There is one exception. Claims and renewals do not wait for a row that another transaction has locked, but leave it
 * out. If one begins while another transaction is open, it may therefore have found nothing, or have renewed nothing.
 *
 * What a claim saw of the jobs that it left ([io.pgqueuer.port.Waiting]) is not compared: it is a hint, and jobs that
 * others have locked are still there for it.
 */
internal class Interleavings(
    private val saved: SavedStarts,
    private val gates: Gates,
    private val backends: List<PostgresBackend>,
) {
    private val sequential = SequentialOutcomes()

    /** @param areOverlapping see [Event.possible]. */
    suspend fun check(
        start: Start,
        prepared: Preparation,
        operations: List<Operation>,
        areOverlapping: Boolean = false,
    ) {
        val orders = Orders()
        do {
            var attempts = 0
            while (!check(start, prepared, operations, areOverlapping, orders)) {
                check(++attempts < MAX_ATTEMPTS) { "$operations: the locks of others time out again and again" }
                orders.again()
            }
        } while (orders.next())
    }

    /** Returns false if a lock timed out, which happens if the machine stands still for as long. */
    private suspend fun check(
        start: Start,
        prepared: Preparation,
        operations: List<Operation>,
        areOverlapping: Boolean,
        orders: Orders,
    ): Boolean {
        saved.restore()
        val actors = operations.mapIndexed { index, operation ->
            Actor(Numbered(index + 1, operation), backends[index], gates)
        }
        val events = ArrayList<Event>()
        return withClue({ "$start: ${events.joinToString()}" }) {
            coroutineScope {
                while (true) {
                    val possible = Event.possible(actors, areOverlapping).ifEmpty { break }
                    // After a timeout, it only ends what has begun.
                    val event = if (actors.any { it.timedOut }) possible.first() else orders.choose(possible)
                    events += event
                    event.run(this, prepared, actors)
                }
            }
            if (actors.any { it.timedOut }) return false
            val jobs = saved.jobs()
            val log = saved.log()
            checkOutcome(start, prepared, actors, jobs, log)
            checkSlots(start, jobs)
            checkEnds(jobs, log)
            true
        }
    }

    private suspend fun checkOutcome(
        start: Start,
        prepared: Preparation,
        actors: List<Actor>,
        jobs: List<Seen>,
        log: List<Logged>,
    ) {
        val (undone, others) = actors.partition { it.isUndone }
        undone.forEach { it.result.exceptionOrNull().shouldBeInstanceOf<StoreUnavailableException>() }
        val actual = outcome(prepared, others.associate { it.of to it.result.getOrThrow() }, jobs, log)
        val allowed = others.permutations().filter(::isInOrder).flatMap(::sequences).map { sequential.of(start, it) }
        actual shouldBeIn allowed.distinct()
    }

    /** Whether all that had ended before another one began comes before it. */
    private fun isInOrder(actors: List<Actor>) = actors.indices.none { index ->
        actors.drop(index + 1).any { later -> later in actors[index].after }
    }

    /** Each of [actors] as it is, and past the locks of others where that is possible. */
    private fun sequences(actors: List<Actor>): List<List<Step>> = actors.fold(listOf(emptyList())) { begun, actor ->
        val steps = listOfNotNull(
            Step(actor.of, isPastLocks = false),
            Step(actor.of, isPastLocks = true).takeIf { actor.beside.isNotEmpty() && actor.of.operation.skipsLocked },
        )
        begun.flatMap { sequence -> steps.map { sequence + it } }
    }

    /** A slot is taken by running jobs of a limited entrypoint only, and there is one of them at most. */
    private fun checkSlots(start: Start, jobs: List<Seen>) {
        val (running, others) = jobs.partition { it.status == JobStatus.PICKED }
        others.mapNotNull { it.slot }.shouldBeEmpty()
        val slots = running.map { it.slot }
        if (start.isLimited) slots shouldBeIn listOf(emptyList(), listOf(0L)) else slots.filterNotNull().shouldBeEmpty()
    }

    /** A job that has left the queue ended once, and nothing happened to it after that; no other job ended. */
    private fun checkEnds(jobs: List<Seen>, log: List<Logged>) {
        val left = log.map { it.id }.toSet() - jobs.map { it.id }.toSet()
        for ((id, rows) in log.groupBy { it.id }) {
            rows.map { it.status.isTerminal } shouldBe List(rows.size) { id in left && it == rows.lastIndex }
        }
    }

    private companion object {
        const val MAX_ATTEMPTS = 5
    }
}

private val Actor.timedOut: Boolean
    get() = state == Actor.State.ENDED &&
        generateSequence(result.exceptionOrNull()) { it.cause }.any { (it as? SQLException)?.sqlState == "55P03" }
