package io.pgqueuer.java

import io.pgqueuer.FailureRecord
import io.pgqueuer.JobId
import io.pgqueuer.ScheduleId
import io.pgqueuer.WorkerId
import io.pgqueuer.java.internal.toCore
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import java.io.IOException
import java.util.UUID
import java.util.concurrent.Executor
import kotlin.random.Random
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant
import io.pgqueuer.ActiveWorker as CoreActiveWorker
import io.pgqueuer.Backlog as CoreBacklog
import io.pgqueuer.DifferenceType as CoreDifferenceType
import io.pgqueuer.JobStatus as CoreJobStatus
import io.pgqueuer.LogEntry as CoreLogEntry
import io.pgqueuer.OldestTransaction as CoreOldestTransaction
import io.pgqueuer.Pause as CorePause
import io.pgqueuer.Percentiles as CorePercentiles
import io.pgqueuer.QueueSize as CoreQueueSize
import io.pgqueuer.RetryPolicy as CoreRetryPolicy
import io.pgqueuer.RunMode as CoreRunMode
import io.pgqueuer.RunOptions as CoreRunOptions
import io.pgqueuer.RunTimes as CoreRunTimes
import io.pgqueuer.Schedule as CoreSchedule
import io.pgqueuer.SchemaDifference as CoreSchemaDifference
import io.pgqueuer.Severity as CoreSeverity
import io.pgqueuer.StoredJob as CoreStoredJob
import io.pgqueuer.TableLock as CoreTableLock
import io.pgqueuer.TableSize as CoreTableSize
import io.pgqueuer.Throughput as CoreThroughput
import io.pgqueuer.ThroughputStep as CoreThroughputStep
import io.pgqueuer.UpgradeStep as CoreUpgradeStep

/** Values of core that Java cannot make. No two fields of a value are alike. */
object CoreSamples {
    @JvmField
    val worker: UUID = UUID(1, 2)

    @JvmField
    val payload = byteArrayOf(1)

    @JvmField
    val executor = Executor(Runnable::run)

    @JvmField
    val options = CoreRunOptions {
        mode = CoreRunMode.DRAIN
        batchSize = 2
        maxConcurrentTasks = 3
        prefetch = 4
        dequeueTimeout = 5.seconds
        heartbeatTimeout = 6.seconds
        maxRescues = 7
        shutdownTimeout = 8.seconds
        listen = false
        logAggregationInterval = 9.seconds
        logRetention = 10.days
        vacuumEvery = 11_000
        retrySeverity = CoreSeverity.DEBUG
        failureSeverity = CoreSeverity.OFF
        restartOnFailure = true
        handlerContext = executor.asCoroutineDispatcher()
    }

    /** What a worker can only be told if it listens. */
    @JvmField
    val optionsOfAListener = CoreRunOptions { shutdownOnListenerFailure = true }

    @JvmField
    val job = CoreStoredJob(
        JobId(1),
        "fetch",
        CoreJobStatus.PICKED,
        2,
        payload,
        buildJsonObject {
            put("text", "a")
            put("number", 5)
            put("null", JsonNull)
            put("object", buildJsonObject { put("b", JsonPrimitive(true)) })
        },
        "key",
        3,
        4,
        at(5),
        at(6),
        at(7),
        at(8),
        WorkerId(worker),
        9,
        10,
    )

    @JvmField
    val logEntry = CoreLogEntry(
        1,
        JobId(2),
        at(3),
        CoreJobStatus.HELD,
        4,
        "fetch",
        FailureRecord(5, at(6), "type", "message", "trace", buildJsonObject { put("attempt", 1) }),
        WorkerId(worker),
        7,
    )

    @JvmField
    val schedule = CoreSchedule(
        ScheduleId(
            1,
        ),
        "nightly", "0 2 * * *", "Asia/Tokyo", CoreJobStatus.QUEUED, at(8), at(2), at(3), at(4), at(5), at(6), 7,
    )

    @JvmField
    val queueSize = CoreQueueSize("fetch", CoreJobStatus.QUEUED, 1, 2, 3.seconds, 4.seconds)

    @JvmField
    val throughput = CoreThroughput("fetch", CoreJobStatus.PICKED, 1, isEstimate = true)

    @JvmField
    val throughputStep = CoreThroughputStep(at(1), "fetch", CoreJobStatus.PICKED, 2, isEstimate = true)

    @JvmField
    val backlog = CoreBacklog("fetch", 1, 2, 3, 4, 5.seconds, isEstimate = true, slots = 2, concurrencyLimit = 6)

    @JvmField
    val pause = CorePause("fetch", at(1), at(2), "why")

    @JvmField
    val pauseOfAll = CorePause(null, at(1), null, null)

    @JvmField
    val runTimes = CoreRunTimes(
        "fetch",
        1,
        runTime = CorePercentiles(2.seconds, 3.seconds, 4.seconds),
        waitTime = CorePercentiles(5.seconds, 6.seconds, 7.seconds),
    )

    @JvmField
    val runTimesWithoutWaits = runTimes.copy(waitTime = null)

    @JvmField
    val oldestTransaction = CoreOldestTransaction("session 7 of ann", 9.seconds, 1_000)

    @JvmField
    val replicationSlot = CoreOldestTransaction("the replication slot a", null, 1_000)

    @JvmField
    val activeWorker = CoreActiveWorker(WorkerId(worker), 1, 2.seconds, isPython = true)

    @JvmField
    val tableSize = CoreTableSize("pgqueuer", 1, 2, null, 3)

    @JvmField
    val upgradeStep = CoreUpgradeStep("SELECT 1;", mapOf("pgqueuer" to CoreTableLock.ACCESS_EXCLUSIVE), rewrites = true)

    @JvmField
    val schemaDifference = CoreSchemaDifference(
        "column", "slot", "pgqueuer", CoreDifferenceType.CHANGED, true, "integer", "bigint", "it is wrong", "repair it",
    )

    /** The delays of core's exponential policy with its defaults, until it gives up. */
    @JvmStatic
    fun exponentialDelays(maxAttempts: Int) = delaysOf(CoreRetryPolicy.exponential(maxAttempts))

    /** The delays of core's default policy, until it gives up. */
    @JvmStatic
    fun standardDelays() = delaysOf(CoreRetryPolicy.DEFAULT)

    @JvmStatic
    fun delaysOf(policy: RetryPolicy) = delaysOf(policy.toCore())

    private fun delaysOf(policy: CoreRetryPolicy): List<String> {
        val random = Random(seed = 1)
        return generateSequence(1) { it + 1 }
            .map { policy.delayAfter(IOException(), it, random) }
            .takeWhile { it != null }
            .map { it.toString() }
            .toList()
    }

    private fun at(second: Long) = Instant.fromEpochSeconds(second)
}
