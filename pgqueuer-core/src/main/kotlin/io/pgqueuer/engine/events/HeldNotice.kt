package io.pgqueuer.engine.events

import io.pgqueuer.JobId
import io.pgqueuer.JobOutcome
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import io.pgqueuer.WorkerObserver
import org.slf4j.LoggerFactory
import java.util.concurrent.ConcurrentHashMap

/** Warns when a worker holds the first job of an entrypoint. Held jobs wait for somebody to look at them. */
internal class HeldNotice : WorkerObserver {
    private val told = ConcurrentHashMap.newKeySet<String>()

    override fun onEvent(event: WorkerEvent) {
        when (event) {
            is WorkerEvent.JobEnded -> if (event.outcome is JobOutcome.Held) held(event.job.id, event.job.entrypoint)
            is WorkerEvent.JobHeldByClaim -> held(event.jobId, event.entrypoint)
            else -> Unit
        }
    }

    private fun held(id: JobId, entrypoint: String) {
        if (!told.add(entrypoint)) return
        log.warn(
            "job {} is held, the first of entrypoint '{}' in this run. Held jobs stay in the queue and do not run. " +
                "List them with heldJobs() or `pgq failed --entrypoint {}`, then requeue or dismiss them",
            id,
            entrypoint,
            entrypoint,
        )
    }

    private companion object {
        val log = LoggerFactory.getLogger(Worker::class.java)
    }
}
