package io.pgqueuer.exposed.internal.job

import io.pgqueuer.DuplicateJobException
import io.pgqueuer.JobId
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.JdbcQueue
import io.pgqueuer.exposed.internal.claim.ClaimStatement
import io.pgqueuer.exposed.internal.claim.UnreadableJob
import io.pgqueuer.exposed.internal.claim.WaitingStatement
import io.pgqueuer.exposed.internal.connection.Joining
import io.pgqueuer.exposed.internal.connection.SameDatabase
import io.pgqueuer.exposed.internal.connection.Transactions
import io.pgqueuer.exposed.internal.connection.enqueueBound
import io.pgqueuer.exposed.internal.connection.place
import io.pgqueuer.exposed.internal.notification.Notices
import io.pgqueuer.exposed.internal.schema.Names
import io.pgqueuer.exposed.internal.sql.ServerEncoding
import io.pgqueuer.port.ClaimBatch
import io.pgqueuer.port.ClaimRequest
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Outcome
import io.pgqueuer.port.Renewal
import io.pgqueuer.port.Settlement
import io.pgqueuer.port.TableOperation
import io.pgqueuer.port.Waiting
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import org.slf4j.Logger
import org.slf4j.LoggerFactory
import java.sql.Connection
import java.sql.SQLException
import java.util.concurrent.ConcurrentHashMap

/**
 * The queue in PostgreSQL.
 *
 * @param engine for what workers do; never joins a transaction of the caller.
 * @param callers for what applications do; joins the caller's transaction.
 */
internal class PostgresJobRepository(
    private val names: Names,
    private val engine: Transactions,
    private val callers: Transactions,
    private val notices: Notices,
    private val databases: SameDatabase,
) : JobRepository,
    JdbcQueue {
    private val enqueue = EnqueueStatement(names)

    /** No shared job has a dedupe key, so none is in conflict with another. */
    private val shared = SharedEnqueues(CoroutineScope(SupervisorJob() + Dispatchers.IO)) { jobs ->
        callers.own(enqueueBound(jobs.size)) { store(it, jobs, OnConflict.RAISE) }
    }

    /** By all that a statement depends on: the names and limits of its targets, and no other option. */
    private val claims = ConcurrentHashMap<List<Pair<String, Int?>>, ClaimStatement>()
    private val waiting = WaitingStatement(names)
    private val settle = SettleStatement(names)
    private val complete = CompleteStatement(names)
    private val renew = RenewStatement(names)
    private val manage = ManageStatements(names)

    override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
        if (jobs.isEmpty()) return emptyList()
        if (SharedEnqueues.canShare(jobs) && !callers.isInCallersTransaction()) return shared.enqueue(jobs)
        return callers.joining(enqueueBound(jobs.size)) { store(it, jobs, onConflict) }
    }

    /** Enqueues in the transaction that the caller has begun on [connection]. */
    override fun enqueue(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
        if (jobs.isEmpty()) return emptyList()
        connection.requireUsable()
        return callers.within(connection) { store(it, jobs, onConflict) }
    }

    /**
     * Ends the job of [lease] in the transaction that the caller has begun on [connection], if that lease is live.
     *
     * @return true if the lease was live, or if that transaction has already ended the job.
     */
    override fun complete(connection: Connection, lease: Lease): Boolean {
        connection.requireUsable()
        return callers.within(connection) {
            try {
                complete.run(it, lease) || isElsewhere(it, lease)
            } catch (e: SQLException) {
                throw if (e.isStaleSnapshot) staleSnapshot("complete job ${lease.jobId}", e) else e
            }
        }
    }

    /**
     * Locks the row of the job of [lease] in the transaction on [connection], if that lease is live, and returns
     * whether it is.
     *
     * The row may change between the snapshot and the lock. If the transaction has just begun, it can be started again
     * without losing anything.
     */
    override fun lock(connection: Connection, lease: Lease): Boolean {
        connection.requireUsable()
        val begins = connection.beginsTransaction
        var attempts = 0
        while (true) {
            try {
                return callers.within(connection) { complete.lock(it, lease) || isElsewhere(it, lease) }
            } catch (e: StoreUnavailableException) {
                val cause = e.cause as? SQLException
                if (cause?.isStaleSnapshot != true) throw e
                if (!begins || ++attempts == MAX_ATTEMPTS) throw staleSnapshot("lock job ${lease.jobId}", cause)
                connection.rollback()
            }
        }
    }

    override suspend fun <T> inOwnTransaction(block: suspend () -> T): T = Joining.without(block)

    /**
     * Called if the lease was not found on the caller's [connection]. Returns false if it should have been there.
     *
     * @throws IllegalArgumentException if the connection is on another database, where the lease cannot exist.
     */
    private fun isElsewhere(connection: Connection, lease: Lease): Boolean {
        val isSame = try {
            databases.isSame(connection)
        } catch (e: SQLException) {
            log.debug("cannot tell whether a connection is on the database of the queue", e)
            true
        }
        require(isSame) {
            "job ${lease.jobId} is in the queue at ${databases.description}, and the connection is on another " +
                "database (${connection.place() ?: "of unknown address"}); use a connection to the database of the queue"
        }
        return false
    }

    override suspend fun requireStorable(entrypoints: Collection<String>) = engine.own { connection ->
        ServerEncoding.of(connection)?.run { entrypoints.forEach { requireStorable("entrypoint '$it'", it) } }
        Unit
    }

    private fun store(connection: Connection, jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> {
        val ids = enqueue.run(connection, jobs, onConflict)
        if (onConflict == OnConflict.RAISE && null in ids) {
            val taken = jobs.filterIndexed { index, _ -> ids[index] == null }.mapNotNull { it.dedupeKey }
            throw DuplicateJobException(taken.distinct())
        }
        return ids
    }

    override suspend fun claim(request: ClaimRequest): ClaimBatch {
        val claim = claims.computeIfAbsent(request.targets.map { it.entrypoint to it.options.concurrencyLimit }) {
            ClaimStatement(names, request.targets, waiting)
        }
        // If the transaction is run again, what it has committed before stays settled.
        val settled = HashSet<Lease>()
        val claimed = claim.oneOfFew {
            engine.own(onUnheard = ::giveBack) {
                if (request.ended.isEmpty()) claim.run(it, request) else settleAndClaim(it, claim, request, settled)
            }
        }
        if (claimed.needsFinish) finish(claimed)
        return if (settled.isEmpty()) claimed.batch else claimed.batch.run { ClaimBatch(jobs, waiting, held, settled) }
    }

    override suspend fun waiting(request: ClaimRequest): Waiting.Seen = engine.own { waiting.run(it, request) }

    /**
     * Writes the outcomes of [request] and claims, in one transaction. If another transaction takes a slot first, the
     * outcomes are written in a transaction of their own. Adds to [settled] what was written and committed.
     */
    private fun settleAndClaim(
        connection: Connection,
        claim: ClaimStatement,
        request: ClaimRequest,
        settled: MutableSet<Lease>,
    ): ClaimStatement.Claimed {
        val ended = request.ended.sortedWith(SettleStatement.BY_ID)
        if (SucceedStatement.canWrite(ended)) {
            claim.runAfterSuccesses(connection, request, ended)?.let { (written, claimed) ->
                settled += written
                return claimed
            }
        } else {
            val written = settle(connection, ended, commits = false)
            claim.runAfter(connection, request)?.let { claimed ->
                settled += written
                return claimed
            }
        }
        val written = settle(connection, ended)
        connection.commit()
        settled += written
        return claim.run(connection, request)
    }

    private fun settle(connection: Connection, outcomes: List<Settlement>, commits: Boolean = true): Set<Lease> =
        settle.run(connection, outcomes, commits) { notices.changed(connection, TableOperation.UPDATE) }

    /**
     * Holds unreadable jobs, records the end of canceled jobs, and notifies workers of held jobs. The claim has
     * committed, so its jobs must run even if this fails. A failure here only delays other jobs, or leaves a job to be
     * claimed and ended once its lease expires.
     */
    private suspend fun finish(claimed: ClaimStatement.Claimed) {
        claimed.unreadable.forEach { log.warn("{}", it) }
        try {
            val ends = claimed.unreadable.map(UnreadableJob::hold) +
                claimed.canceled.map { Settlement(it, Outcome.Canceled) }
            if (ends.isNotEmpty()) settle(ends)
            if (claimed.poison) engine.own { notices.changed(it, TableOperation.UPDATE) }
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            log.warn("cannot finish a claim that held jobs: {}", e.toString())
        }
    }

    private fun giveBack(connection: Connection, unheard: ClaimStatement.Claimed) {
        val released = unheard.batch.jobs.map { Settlement(it.lease, Outcome.Released) }
        if (released.isNotEmpty()) settle(connection, released)
    }

    override suspend fun renew(leases: Collection<Lease>): Renewal {
        if (leases.isEmpty()) return Renewal(emptySet())
        return engine.own { renew.run(it, leases) }
    }

    override suspend fun settle(settlements: List<Settlement>): Set<Lease> {
        if (settlements.isEmpty()) return emptySet()
        return engine.own { settle(it, settlements) }
    }

    override suspend fun cancel(ids: Collection<JobId>): Set<JobId> {
        if (ids.isEmpty()) return emptySet()
        return callers.joining { connection ->
            manage.cancel(connection, ids).also { if (it.isNotEmpty()) notices.canceled(connection, it) }
        }
    }

    override suspend fun requeue(ids: Collection<JobId>): Set<JobId> {
        if (ids.isEmpty()) return emptySet()
        return callers.joining { connection ->
            val taken = manage.takenKeys(connection, ids)
            if (taken.isNotEmpty()) throw DuplicateJobException(taken)
            manage.requeue(connection, ids)
                .also { if (it.isNotEmpty()) notices.changed(connection, TableOperation.UPDATE) }
        }
    }

    override suspend fun runNow(ids: Collection<JobId>): Set<JobId> {
        if (ids.isEmpty()) return emptySet()
        return callers.joining { connection ->
            manage.runNow(connection, ids)
                .also { if (it.isNotEmpty()) notices.changed(connection, TableOperation.UPDATE) }
        }
    }

    override suspend fun dismiss(ids: Collection<JobId>): Set<JobId> {
        if (ids.isEmpty()) return emptySet()
        return callers.joining { manage.dismiss(it, ids) }
    }

    override suspend fun clear(entrypoint: String): Long = callers.joining(bound = null) {
        manage.clear(it, entrypoint)
    }

    private companion object {
        const val MAX_ATTEMPTS = 10
        val log: Logger = LoggerFactory.getLogger(PostgresJobRepository::class.java)
    }
}
