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
 * outcome must be that of a sequential order.
 *
 * There is one difference. An operation that does not wait for others may leave out a job that another transaction has
 * locked, and whether it is there again after a rollback. So it may also have found nothing, if it began while another
 * transaction was open.
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
                    val event = orders.choose(Event.possible(actors, areOverlapping).ifEmpty { break })
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
    get() = generateSequence(result.exceptionOrNull()) { it.cause }.any { (it as? SQLException)?.sqlState == "55P03" }
