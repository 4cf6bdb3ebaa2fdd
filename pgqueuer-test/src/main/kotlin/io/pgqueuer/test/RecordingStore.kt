package io.pgqueuer.test

import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Store
import io.pgqueuer.port.WithoutTransactions
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.reflect.KClass
import kotlin.reflect.safeCast

/**
 * Records the jobs that are enqueued on [real]. For test tools.
 *
 * @property enqueued the recorded jobs, in order.
 */
@PgQueuerSpi
public class RecordingStore(
    private val real: Store,
) : Store by real {
    private val recorded = CopyOnWriteArrayList<EnqueuedJob>()

    public val enqueued: List<EnqueuedJob> get() = recorded

    /** Forgets the recorded jobs, for the next test. */
    public fun forget() {
        recorded.clear()
    }

    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
            real.jobs.enqueue(jobs, onConflict).also { record(jobs, it) }
    }

    override fun <T : Any> capability(type: KClass<T>): T? = when (val found = real.capability(type)) {
        is WithoutTransactions -> type.safeCast(RecordingCalls(found)) ?: found
        else -> found
    }

    private fun record(jobs: List<NewJob>, ids: List<JobId?>) {
        recorded += jobs.zip(ids).mapNotNull { (job, id) -> id?.let { EnqueuedJob(it, job) } }
    }

    private inner class RecordingCalls(
        private val calls: WithoutTransactions,
    ) : WithoutTransactions by calls {
        override fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
            calls.enqueue(jobs, onConflict).also { record(jobs, it) }
    }
}
