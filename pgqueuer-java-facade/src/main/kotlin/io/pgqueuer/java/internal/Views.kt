package io.pgqueuer.java.internal

import io.pgqueuer.JobId
import io.pgqueuer.ScheduleId
import io.pgqueuer.java.Insights
import io.pgqueuer.java.JobFilter
import io.pgqueuer.java.LogFilter
import io.pgqueuer.java.PythonIndexes
import io.pgqueuer.java.QueueProperties
import io.pgqueuer.java.Schedules
import io.pgqueuer.java.SchemaManager
import io.pgqueuer.java.SchemaMode
import io.pgqueuer.java.StoredJob
import java.time.Duration
import java.util.Optional
import java.util.concurrent.CompletableFuture
import kotlin.time.toKotlinDuration
import io.pgqueuer.Insights as CoreInsights
import io.pgqueuer.PythonIndexes as CorePythonIndexes
import io.pgqueuer.Schedules as CoreSchedules
import io.pgqueuer.SchemaManager as CoreSchemaManager
import io.pgqueuer.SchemaMode as CoreSchemaMode

internal class JavaInsights(
    private val core: CoreInsights,
    private val calls: Calls,
) : Insights {
    override fun job(id: Long): CompletableFuture<Optional<StoredJob>> = calls.call {
        Optional.ofNullable(core.job(JobId(id))?.toJava())
    }

    override fun log(id: Long) = calls.call { core.log(JobId(id)).map { it.toJava() } }

    override fun log(id: Long, limit: Int) = calls.call { core.log(JobId(id), limit).map { it.toJava() } }

    override fun inQueue(ids: Collection<Long>) = required("ids" to ids) {
        ids.jobIds().let {
            calls.call { core.inQueue(it).mapTo(LinkedHashSet(), JobId::value) as Set<Long> }
        }
    }

    override fun lastStatuses(ids: Collection<Long>) = required("ids" to ids) {
        ids.jobIds().let {
            calls.call { core.lastStatuses(it).toJava() }
        }
    }

    override fun logLevel() = calls.call { core.logLevel().toJava() }

    override fun backlog() = calls.call { core.backlog().map { it.toJava() } }

    override fun pauses() = calls.call { core.pauses().map { it.toJava() } }

    override fun jobs(filter: JobFilter) = required("filter" to filter) {
        filter.toCore().let { calls.call { core.jobs(it).map { job -> job.toJava() } } }
    }

    override fun jobs(filter: JobFilter, limit: Int, after: Long) = required("filter" to filter) {
        filter.toCore().let { calls.call { core.jobs(it, limit, JobId(after)).map { job -> job.toJava() } } }
    }

    override fun countJobs(filter: JobFilter) = required("filter" to filter) {
        filter.toCore().let { calls.call { core.countJobs(it) } }
    }

    override fun countJobs(filter: JobFilter, atMost: Int) = required("filter" to filter) {
        filter.toCore().let { calls.call { core.countJobs(it, atMost) } }
    }

    override fun logEntries(filter: LogFilter) = required("filter" to filter) {
        filter.toCore().let { calls.call { core.logEntries(it).map { entry -> entry.toJava() } } }
    }

    override fun logEntries(filter: LogFilter, limit: Int, before: Long, after: Long) = required("filter" to filter) {
        filter.toCore().let { calls.call { core.logEntries(it, limit, before, after).map { entry -> entry.toJava() } } }
    }

    override fun queueSize() = calls.call { core.queueSize().map { it.toJava() } }

    override fun throughput(window: Duration) = required("window" to window) {
        calls.call {
            core.throughput(window.toKotlinDuration()).map { it.toJava() }
        }
    }

    override fun throughput(window: Duration, atMost: Int) = required("window" to window) {
        calls.call {
            core.throughput(window.toKotlinDuration(), atMost).map { it.toJava() }
        }
    }

    override fun throughputHistory(window: Duration, step: Duration) = required("window" to window, "step" to step) {
        calls.call {
            core.throughputHistory(window.toKotlinDuration(), step.toKotlinDuration()).map { it.toJava() }
        }
    }

    override fun throughputHistory(window: Duration, step: Duration, atMost: Int) =
        required("window" to window, "step" to step) {
            calls.call {
                core.throughputHistory(window.toKotlinDuration(), step.toKotlinDuration(), atMost).map { it.toJava() }
            }
        }

    override fun runTimes(window: Duration) = required("window" to window) {
        calls.call {
            core.runTimes(window.toKotlinDuration()).map { it.toJava() }
        }
    }

    override fun runTimes(window: Duration, atMost: Int) = required("window" to window) {
        calls.call {
            core.runTimes(window.toKotlinDuration(), atMost).map { it.toJava() }
        }
    }

    override fun activeWorkers() = calls.call { core.activeWorkers().map { it.toJava() } }

    override fun staleJobs(heartbeatAge: Duration) = required("heartbeatAge" to heartbeatAge) {
        calls.call {
            core.staleJobs(heartbeatAge.toKotlinDuration()).map { it.toJava() }
        }
    }

    override fun staleJobs(heartbeatAge: Duration, limit: Int) = required("heartbeatAge" to heartbeatAge) {
        calls.call {
            core.staleJobs(heartbeatAge.toKotlinDuration(), limit).map { it.toJava() }
        }
    }

    override fun heldJobs() = calls.call { core.heldJobs().map { it.toJava() } }

    override fun heldJobs(limit: Int) = calls.call { core.heldJobs(limit).map { it.toJava() } }

    override fun heldJobs(limit: Int, after: Long) = calls.call {
        core.heldJobs(limit, JobId(after)).map { it.toJava() }
    }

    override fun heldJobs(limit: Int, after: Long, entrypoint: String) = required("entrypoint" to entrypoint) {
        calls.call { core.heldJobs(limit, JobId(after), entrypoint).map { it.toJava() } }
    }

    override fun heldCounts() = calls.call { core.heldCounts() }

    override fun tableSizes() = calls.call { core.tableSizes().map { it.toJava() } }

    override fun oldestTransaction() = calls.call { Optional.ofNullable(core.oldestTransaction()?.toJava()) }
}

internal class JavaSchedules(
    private val core: CoreSchedules,
    private val calls: Calls,
) : Schedules {
    override fun list() = calls.call { core.list().map { it.toJava() } }

    override fun remove(ids: Collection<Long>) = changed(ids, core::remove)

    override fun runNow(ids: Collection<Long>) = changed(ids, core::runNow)

    override fun pause(ids: Collection<Long>) = changed(ids, core::pause)

    override fun resume(ids: Collection<Long>) = changed(ids, core::resume)

    private fun changed(ids: Collection<Long>, change: suspend (Collection<ScheduleId>) -> Set<ScheduleId>) =
        required("ids" to ids) {
            ids.mapTo(mutableSetOf(), ::ScheduleId).let { asked ->
                calls.call { change(asked).mapTo(mutableSetOf(), ScheduleId::value) as Set<Long> }
            }
        }
}

internal class JavaSchemaManager(
    private val core: CoreSchemaManager,
    private val calls: Calls,
) : SchemaManager {
    override fun install(properties: QueueProperties) = required("properties" to properties) {
        properties.toCore().let { step { core.install(it) } }
    }

    override fun prepare(mode: SchemaMode) = required("mode" to mode) {
        CoreSchemaMode.valueOf(mode.name).let { calls.call { core.prepare(it).map { warning -> warning.toJava() } } }
    }

    override fun properties() = calls.call { core.properties().toJava() }

    override fun change(properties: QueueProperties) = required("properties" to properties) {
        properties.toCore().let { step { core.change(it) } }
    }

    override fun changePlan(properties: QueueProperties) = required("properties" to properties) {
        properties.toCore().let { asked -> calls.call { core.changePlan(asked).map { it.toJava() } } }
    }

    override fun upgrade(pythonIndexes: PythonIndexes) = required("pythonIndexes" to pythonIndexes) {
        step { core.upgrade(pythonIndexes.toCore()) }
    }

    override fun upgradePlan(pythonIndexes: PythonIndexes) = required("pythonIndexes" to pythonIndexes) {
        calls.call { core.upgradePlan(pythonIndexes.toCore()).map { it.toJava() } }
    }

    override fun uninstall() = step { core.uninstall() }

    override fun verify() = calls.call { core.verify().map { it.toJava() } }

    override fun verifyAbsent() = step { core.verifyAbsent() }

    private fun step(block: suspend () -> Unit): CompletableFuture<Void?> = calls.call {
        block()
        null
    }

    private fun PythonIndexes.toCore() = CorePythonIndexes.valueOf(name)
}
