package io.pgqueuer.engine

import io.pgqueuer.Backend
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.RunMode
import io.pgqueuer.RunOptions
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.memory.InMemoryBackend
import io.pgqueuer.memory.inMemoryBackend
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Runs [test] on a fresh in-memory store under virtual time. */
internal fun engineTest(test: suspend TestScope.(backend: InMemoryBackend) -> Unit) =
    runTest { test(inMemoryBackend()) }

internal val DRAIN = RunOptions { mode = RunMode.DRAIN }

/** A job that fails is deleted at once, as Python's workers do. */
internal fun WorkerBuilder.deleteFailedJobs() = defaults {
    retry = RetryPolicy.NONE
    onFailure = OnFailure.DELETE
}

/** Runs [worker] beside the test until the test ends. */
internal fun TestScope.start(worker: Worker, options: RunOptions = RunOptions.DEFAULT): Job =
    backgroundScope.launch { worker.run(options) }

/** The virtual time since the test began. */
@OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)
internal val TestScope.elapsed: Duration get() = testScheduler.currentTime.milliseconds

internal suspend fun Backend.statuses(id: JobId): List<JobStatus> = insights.log(id).map { it.status }
