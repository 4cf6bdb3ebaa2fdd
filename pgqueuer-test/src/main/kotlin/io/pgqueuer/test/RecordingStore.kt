package io.pgqueuer.test

import io.pgqueuer.JobId
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import io.pgqueuer.port.JobRepository
import io.pgqueuer.port.Store
import java.util.concurrent.CopyOnWriteArrayList

/** Records the jobs that are enqueued on [real]. */
internal class RecordingStore(
    private val real: Store,
) : Store by real {
    val enqueued = CopyOnWriteArrayList<EnqueuedJob>()

    override val jobs: JobRepository = object : JobRepository by real.jobs {
        override suspend fun enqueue(jobs: List<NewJob>, onConflict: OnConflict): List<JobId?> =
            real.jobs.enqueue(jobs, onConflict).also { ids ->
                enqueued += jobs.zip(ids).mapNotNull { (job, id) -> id?.let { EnqueuedJob(it, job) } }
            }
    }
}
