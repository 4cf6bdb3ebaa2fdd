package io.pgqueuer.exposed.internal.claim

import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.exposed.internal.job.SucceedStatement
import io.pgqueuer.exposed.internal.schema.Indexes
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.EngineStatement
import io.pgqueuer.exposed.internal.sql.longOrNull
import io.pgqueuer.exposed.internal.sql.longs
import io.pgqueuer.exposed.internal.sql.readAll
import io.pgqueuer.exposed.internal.sql.strings
import io.pgqueuer.exposed.internal.sql.withoutTransaction
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.ClaimTarget
import io.pgqueuer.port.ClaimedJob
import io.pgqueuer.port.HeldByClaim
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit
import org.postgresql.util.PSQLException
import java.sql.Connection
import java.sql.ResultSet
import java.sql.SQLException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger

/**
 * Leases jobs of a set of entrypoints.
 *
 * Candidates come from one ordered branch for each entrypoint. The branches are merged lazily, so that a claim reads
 * and locks about as many rows as it leases, even if many jobs wait. With more than [MOST_BRANCHES] entrypoints, the
 * first jobs of each are read in a loop instead, as many as [Reach] says, and then sorted; the claim ends where there
 * may be jobs that were not read. The candidates are:
 *
 * - jobs of an entrypoint that never had to wait, in claim order, by the index on `(entrypoint, priority, id)`;
 * - jobs whose time has come: the [WINDOW] of each entrypoint that have been due longest, by the index on `(entrypoint,
 *   execute_after)`, then sorted;
 * - jobs whose lease has expired, if the request asks for them: likewise, by the index on `(entrypoint, heartbeat)`.
 *
 * Candidates are locked in claim order. Rows that another claim has locked are skipped. Every row is checked again
 * after it is locked. The lock is in a subquery of the row alone: PostgreSQL runs everything below a lock again for
 * every row that changed meanwhile. Otherwise, it would read all candidates again for every job that another worker
 * took first. Rows are found again by their physical place (`ctid`), which saves two searches of the primary key for
 * each row. A row that another transaction moved meanwhile is left for the next claim.
 *
 * Of the locked rows, the claim leases as many as the bound on payloads allows. It reads the length of a payload
 * without reading the payload. A running sum costs more than a single sum, so it is computed only if the bound is
 * exceeded.
 *
 * An entrypoint with a concurrency limit gives at most as many candidates as the limit allows beside the jobs that run.
 * Each of them takes a free slot, a number below the limit. A unique index makes sure that no two running jobs have the
 * same slot, whoever claims them. Our workers do not compete for slots: claims of such an entrypoint run one at a time,
 * under its lock of [SlotLocks]. The lock is taken in an earlier statement, so that the claim sees the result of the
 * previous one. Python's workers take no lock. If one takes the same slot at the same time, the claim fails and is run
 * again. Running jobs without a slot, of Python before 1.4, count as well. A job that is taken over keeps its slot.
 * Holding a poison job frees one.
 *
 * A job that somebody asked to cancel, and whose worker is dead, is leased like others. Whoever runs the claim then
 * records the end; see [Claimed.canceled].
 *
 * Everything, from the locks to the commit, is one round trip: the server never holds a lock while it waits for the
 * client. The check of what is [waiting][WaitingStatement] is included, if the request asks for it.
 */
internal class ClaimStatement(
    private val names: Names,
    targets: List<ClaimTarget>,
    private val waiting: WaitingStatement,
) {
    private val unlimited = targets.filter { it.options.concurrencyLimit == null }.map { it.entrypoint }
    private val limited = targets.filter { it.options.concurrencyLimit != null }
    private val reach = if (unlimited.size > MOST_BRANCHES) Reach(unlimited) else null
    private val locks = if (limited.isEmpty()) null else SlotLocks(names, limited.map { it.entrypoint })
    private val parametersOfLocks = locks?.parameters.orEmpty()
    private val succeed = SucceedStatement(names)
    private val slotIndex = names.own(Indexes.SLOT)

    /** Bounds how many claims of this process run at the same time; see [oneOfFew]. */
    private val permits = Semaphore(AT_ONCE)

    /** Selects the lock to wait for, if there are several. */
    private val turn = AtomicInteger()

    /**
     * The statements of a [claim], which comes after [before], the statements that lock.
     *
     * @param begins whether they are a whole transaction. Otherwise, one has begun, and they end it.
     * @param waiting checks what the claim leaves. Null if nobody asks.
     */
    private inner class Script(
        private val claim: ClaimSql,
        private val begins: Boolean,
        private val waiting: WaitingStatement?,
        settings: List<String>,
        private val before: List<String>,
    ) {
        private val opening = listOf(if (begins) EngineStatement.BEGIN else EngineStatement.READ_COMMITTED) + settings
        private val sql = (opening + before + listOfNotNull(claim.text, waiting?.sql, EngineStatement.COMMIT))
            .joinToString(";\n")

        /** @param onOpened reads the row of the last statement of [opening]. */
        fun run(
            connection: Connection,
            request: ClaimRequest,
            first: List<Any?>,
            onOpened: (ResultSet) -> Unit = {},
        ): Claimed {
            var isFirst = true
            var held = emptyList<HeldByClaim>()
            var canceled = emptyList<Long>()
            var cutBy: Int? = null
            var read = 0
            var taken = emptyList<String>()
            var seen: Waiting = if (waiting == null) Waiting.Untold else Waiting.Unknown
            val jobs = ArrayList<ClaimedJob>()
            val unreadable = ArrayList<UnreadableJob>()
            val rows = ClaimedRow(request.worker)
            val parameters = first + claim.parameters(request) + waiting?.parameters(request).orEmpty()
            read(connection, parameters) { statement, row ->
                if (statement == opening.size - 1) onOpened(row)
                when (statement - opening.size - before.size) {
                    // The last statement before the claim.
                    -1 -> locks?.let { taken = it.taken(row) }

                    0 -> {
                        // All rows have the same.
                        if (isFirst) {
                            held = row.longs(1).zip(row.strings(2)) { id, of -> HeldByClaim(JobId(id), of) }
                            canceled = row.longs(3)
                            cutBy = row.longOrNull(4)?.toInt()
                            read = row.getInt(5)
                            isFirst = false
                        }
                        rows.read(row, jobs::add, unreadable::add)
                    }

                    1 -> waiting?.let { seen = it.read(row) }
                }
            }
            reach?.learn(request.limit, jobs, read, cutBy.takeIf { jobs.size < request.limit })
            val ended = if (canceled.isEmpty()) emptyList() else jobs.takeOut(canceled.toSet())
            jobs.sortWith(ClaimedRow.CLAIM_ORDER)
            val heldAtAll = if (unreadable.isEmpty()) held else held + unreadable.map(UnreadableJob::held)
            return Claimed(ClaimBatch(jobs, seen, heldAtAll), poison = held.isNotEmpty(), unreadable, ended, taken)
        }

        private fun read(
            connection: Connection,
            parameters: List<Any?>,
            row: (statement: Int, row: ResultSet) -> Unit,
        ) = if (begins) {
            connection.withoutTransaction { connection.readAll(sql, parameters, row) }
        } else {
            connection.readAll(sql, parameters, row)
        }

        /** Removes the jobs [ids], and returns their leases. */
        private fun MutableList<ClaimedJob>.takeOut(ids: Set<Long>): List<Lease> = map { it.lease }
            .filter { it.jobId.value in ids }
            .also { removeAll { job -> job.lease.jobId.value in ids } }
    }

    private val lock = ClaimLock(names, unlimited)

    /** The ways to run a claim that [takesOver] expired leases or not, and [tellsWaiting] or not. */
    private inner class Scripts(
        takesOver: Boolean,
        tellsWaiting: Boolean,
    ) {
        private val seen = waiting.takeIf { tellsWaiting }
        private val claim = ClaimSql(names, unlimited, limited, locks, reach, takesOver)
        private val locking = listOfNotNull(locks?.bound, locks?.tryAll)
        private val settings = EngineStatement.settings(durable = false)
        private val durable = EngineStatement.settings(durable = true)

        val alone by lazy { whole(EngineStatement.settings(durable = false, also = lock.select)) }
        val trying by lazy { whole(settings) }
        val patient by lazy {
            checkNotNull(locks).let { whole(settings, before = listOf(it.bound, it.awaitOne, it.tryAll)) }
        }

        /** Runs after a settlement in the same transaction, whose commit waits for the disk. */
        val following by lazy { Script(claim, begins = false, seen, listOf(durable), locking) }
        val succeeding by lazy { whole(durable, succeed.sql) }

        private fun whole(vararg settings: String, before: List<String> = locking) =
            Script(claim, begins = true, seen, settings.asList(), before)
    }

    private val made = ConcurrentHashMap<Pair<Boolean, Boolean>, Scripts>()

    private val ClaimRequest.scripts
        get() = made.computeIfAbsent(takeOver to tellsWaiting) { (takesOver, tells) -> Scripts(takesOver, tells) }

    /**
     * @property batch the leased jobs, in claim order.
     * @property poison whether jobs were held because their lease expired too often.
     * @property unreadable leased jobs that cannot be read.
     * @property canceled leases of jobs that were canceled while a worker ran them that is dead now. Their end is to be
     * recorded.
     * @property taken entrypoints with due jobs that were left out, because another transaction holds their lock.
     */
    class Claimed(
        val batch: ClaimBatch,
        val poison: Boolean,
        val unreadable: List<UnreadableJob>,
        val canceled: List<Lease>,
        val taken: List<String>,
    ) {
        /** Whether the claim did nothing. */
        val isEmpty get() = batch.jobs.isEmpty() && !needsFinish

        /** Whether more is to be done after the claim. */
        val needsFinish get() = poison || unreadable.isNotEmpty() || canceled.isNotEmpty()
    }

    /**
     * Runs [claim] when few others of the same entrypoints run in this process.
     *
     * Claims that wait for the [lock] should not take the connections that outcomes need. While one runs, another may
     * wait. If the connection of one hangs, others run on.
     */
    suspend fun <T> oneOfFew(claim: suspend () -> T): T = permits.withPermit { claim() }

    /**
     * Claims jobs and commits.
     *
     * If no entrypoint is limited, it first waits for its turn; see [ClaimLock]. Otherwise, the locks of the limited ones
     * decide. If all due jobs belong to entrypoints whose lock is taken, it waits briefly for one of these locks: workers
     * that serve one limited entrypoint would often find it locked by each other.
     *
     * If Python takes one of its slots first, it tries again, and after that without limited entrypoints.
     */
    fun run(connection: Connection, request: ClaimRequest): Claimed {
        if (locks == null) return runInTurn(connection, request)
        val scripts = request.scripts
        val claimed = connection.unlessRaced { scripts.trying.run(connection, request, parametersOfLocks) }
            ?: connection.unlessRaced { scripts.trying.run(connection, request, parametersOfLocks) }
            ?: return scripts.trying.run(connection, request, locks.noParameters)
        if (claimed.taken.isEmpty() || !claimed.isEmpty) return claimed
        val awaited = claimed.taken[turn.getAndIncrement().mod(claimed.taken.size)]
        return connection.unlessRaced { scripts.patient.run(connection, request, listOf(awaited) + parametersOfLocks) }
            ?: claimed
    }

    private fun runInTurn(connection: Connection, request: ClaimRequest): Claimed {
        if (lock.isUsed) {
            connection.unlessRaced { request.scripts.alone.run(connection, request, lock.parameters(request)) }
                ?.let { return it }
            lock.failed()
        }
        return request.scripts.trying.run(connection, request, emptyList())
    }

    /**
     * Claims jobs and commits, in the transaction in which outcomes have just been written. Returns null, and undoes
     * these writes, if another transaction took one of its slots first.
     */
    fun runAfter(connection: Connection, request: ClaimRequest): Claimed? = connection.unlessRaced {
        request.scripts.following.run(connection, request, parametersOfLocks)
    }

    /**
     * Writes that [successes] succeeded, claims jobs, and commits, all in one round trip. Returns the leases that were
     * settled, too. Returns null, and undoes all, if another transaction took one of its slots first.
     *
     * @param successes in the order of their ids; see [SucceedStatement.canWrite].
     */
    fun runAfterSuccesses(
        connection: Connection,
        request: ClaimRequest,
        successes: List<Settlement>,
    ): Pair<Set<Lease>, Claimed>? = connection.unlessRaced {
        var settled = emptySet<Lease>()
        val first = succeed.parameters(successes) + parametersOfLocks
        val claimed = request.scripts.succeeding.run(connection, request, first) {
            settled =
                succeed.read(it, successes)
        }
        settled to claimed
    }

    /** Returns null, and undoes [claim], if another transaction took one of its slots first, or holds its lock. */
    private fun <T> Connection.unlessRaced(claim: () -> T): T? = try {
        claim()
    } catch (e: SQLException) {
        if (e.sqlState != LOCK_NOT_AVAILABLE && !isSlotTaken(e)) throw e
        rollback()
        null
    }

    private fun isSlotTaken(e: SQLException) = e.sqlState == UNIQUE_VIOLATION &&
        (e as? PSQLException)?.serverErrorMessage?.constraint == slotIndex

    private companion object {
        /** The most claims of one set of entrypoints that run at the same time in this process. */
        const val AT_ONCE = 2

        /**
         * For each branch, the server prepares a scan of its own, for about 25 µs. To read an entrypoint in a loop takes
         * 2 µs.
         */
        const val MOST_BRANCHES = 16

        const val LOCK_NOT_AVAILABLE = "55P03"
        const val UNIQUE_VIOLATION = "23505"
    }
}
