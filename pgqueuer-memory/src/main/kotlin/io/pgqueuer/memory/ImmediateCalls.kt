package io.pgqueuer.memory

import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.Lease
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.port.TableOperation
import io.pgqueuer.port.WithoutTransactions
import java.util.Collections
import java.util.WeakHashMap

/** What handlers and producers do in a transaction of their own, which has no part in this store. */
internal class ImmediateCalls(
    private val store: MemoryDatabase,
) : WithoutTransactions {
    /** The leases whose jobs were completed here; weak, as a run keeps its lease for as long as it can ask again. */
    private val completed = Collections.synchronizedSet(Collections.newSetFromMap(WeakHashMap<Lease, Boolean>()))

    override fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
        store.transactionNow { insertAll(jobs, onConflict) }

    override fun complete(lease: Lease): Boolean = store.transactionNow {
        table[lease]?.let { row ->
            table.delete(row, JobStatus.SUCCESSFUL, now)
            changed(TableOperation.DELETE)
            completed += lease
        }
        lease in completed
    }

    override fun isLive(lease: Lease): Boolean = store.transactionNow { table[lease] != null }
}
