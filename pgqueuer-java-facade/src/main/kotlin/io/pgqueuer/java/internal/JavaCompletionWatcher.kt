package io.pgqueuer.java.internal

import io.pgqueuer.JobId
import io.pgqueuer.java.CompletionWatcher
import io.pgqueuer.java.CompletionWatcher.EndedJob
import io.pgqueuer.java.JobStatus
import io.pgqueuer.java.WatcherOptions
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.function.Consumer
import kotlin.time.toKotlinDuration
import io.pgqueuer.CompletionWatcher as CoreCompletionWatcher
import io.pgqueuer.WatcherOptions as CoreWatcherOptions

internal class JavaCompletionWatcher(
    private val core: CoreCompletionWatcher,
    private val calls: Calls,
) : CompletionWatcher {
    override fun awaitCompletion(id: Long): CompletableFuture<JobStatus> =
        calls.call { core.awaitCompletion(JobId(id)).toJava() }

    override fun statuses(id: Long, onStatus: Consumer<JobStatus>): CompletableFuture<JobStatus> =
        required("onStatus" to onStatus) {
            calls.call { core.statuses(JobId(id)).map { it.toJava() }.onEach { pass(it, onStatus) }.last() }
        }

    /** [onStatus] may block: the calls of others go on. */
    private fun pass(status: JobStatus, onStatus: Consumer<JobStatus>) {
        var passed = Result.success(Unit)
        FutureThreads.runFunctions { passed = runCatching { onStatus.accept(status) } }
        passed.getOrThrow()
    }

    override fun awaitAll(ids: Collection<Long>): CompletableFuture<Map<Long, JobStatus>> = required("ids" to ids) {
        ids.jobIds().let {
            calls.call { core.awaitAll(it).toJava() }
        }
    }

    override fun awaitFirst(ids: Collection<Long>): CompletableFuture<EndedJob> = required("ids" to ids) {
        ids.jobIds().let {
            calls.call {
                val (id, status) = core.awaitFirst(it)
                JavaEndedJob(id.value, status.toJava())
            }
        }
    }

    override fun close() {
        core.close()
    }
}

private data class JavaEndedJob(
    private val id: Long,
    private val status: JobStatus,
) : EndedJob {
    override fun id() = id

    override fun status() = status

    override fun toString() = "EndedJob(id=$id, status=$status)"
}

/** Sets options on [core] while they are open. */
internal class JavaWatcherOptions(
    private val core: CoreWatcherOptions,
) : WatcherOptions {
    override fun endOnHeld(endOnHeld: Boolean) = apply { core.endOnHeld = endOnHeld }

    override fun safetyPoll(safetyPoll: Duration) = required("safetyPoll" to safetyPoll) {
        apply { core.safetyPoll = safetyPoll.toKotlinDuration() }
    }

    override fun coalesce(coalesce: Duration) = required("coalesce" to coalesce) {
        apply { core.coalesce = coalesce.toKotlinDuration() }
    }
}
