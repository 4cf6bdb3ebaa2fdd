package io.pgqueuer.java.internal

import io.pgqueuer.PayloadCodec
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.java.AsyncJobHandler
import io.pgqueuer.java.AsyncJobInterceptor
import io.pgqueuer.java.AsyncScheduleHandler
import io.pgqueuer.java.AsyncTypedJobHandler
import io.pgqueuer.java.JobHandler
import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.JobType
import io.pgqueuer.java.OnFailure
import io.pgqueuer.java.RetryPolicy
import io.pgqueuer.java.ScheduleHandler
import io.pgqueuer.java.TypedJobHandler
import io.pgqueuer.java.Worker
import java.time.ZoneId
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import io.pgqueuer.JobType as CoreJobType
import io.pgqueuer.OnFailure as CoreOnFailure
import io.pgqueuer.StoredJob as CoreJob
import java.time.Duration as JavaDuration

/** How the jobs of one entrypoint are run. */
class EntrypointSettings(
    internal val concurrencyLimit: Int,
    onFailure: OnFailure,
    retry: RetryPolicy,
    timeout: JavaDuration?,
) {
    internal val onFailure = CoreOnFailure.valueOf(onFailure.name)
    internal val retry = retry.toCore()
    private val timeout = timeout?.toKotlinDuration() ?: Duration.INFINITE

    /** The timeout for core, which would count interceptors in; one that is out of its bounds is for core to refuse. */
    internal fun coreTimeout(around: List<*>): Duration =
        if (around.isEmpty() || !timeout.isPositive()) timeout else Duration.INFINITE

    /** Makes the limit of a handler that has interceptors [around] it; null if there is none, or if core applies it. */
    internal fun limit(around: List<*>, job: CoreJob): (() -> HandlerLimit)? =
        if (around.isEmpty() || timeout.isInfinite()) null else ({ HandlerLimit(job, timeout) })
}

/** Collects the registrations of a worker. */
class WorkerDraft internal constructor(
    private val client: ClientBridge,
) {
    private val registrations = mutableListOf<WorkerBuilder.() -> Unit>()
    private val interceptors = mutableListOf<JobInterceptor>()
    private val asyncInterceptors = mutableListOf<AsyncJobInterceptor>()

    fun blocking(name: String, settings: EntrypointSettings, handler: JobHandler) = with(settings) {
        register {
            val around = interceptors.toList()
            blockingEntrypoint(name, { concurrencyLimit = concurrencyLimit; onFailure = onFailure; retry = retry; timeout = coreTimeout(around) }) {
                handler.runInside(around, CoreJobRun(this, client.queue), limit(around, job))
            }
        }
    }

    fun <T : Any> blocking(type: JobType<T>, settings: EntrypointSettings, handler: TypedJobHandler<T>) =
        with(settings) {
            register {
                val around = interceptors.toList()
                blockingEntrypoint(type.toCore(), { concurrencyLimit = concurrencyLimit; onFailure = onFailure; retry = retry; timeout = coreTimeout(around) }) { value ->
                    JobHandler { handler.handle(value, it) }
                        .runInside(around, CoreJobRun(this, client.queue), limit(around, job))
                }
            }
        }

    fun async(name: String, settings: EntrypointSettings, handler: AsyncJobHandler) = with(settings) {
        register {
            val around = asyncInterceptors.toList()
            entrypoint(name, { concurrencyLimit = concurrencyLimit; onFailure = onFailure; retry = retry; timeout = coreTimeout(around) }) {
                handler.runInside(around, CoreJobRun(this, client.queue), limit(around, job))
            }
        }
    }

    fun <T : Any> async(type: JobType<T>, settings: EntrypointSettings, handler: AsyncTypedJobHandler<T>) =
        with(settings) {
            register {
                val around = asyncInterceptors.toList()
                entrypoint(type.toCore(), { concurrencyLimit = concurrencyLimit; onFailure = onFailure; retry = retry; timeout = coreTimeout(around) }) { value ->
                    AsyncJobHandler { handler.handle(value, it) }
                        .runInside(around, CoreJobRun(this, client.queue), limit(around, job))
                }
            }
        }

    fun blockingSchedule(name: String, expression: String, zone: ZoneId, cleanOld: Boolean, handler: ScheduleHandler) =
        register {
            blockingSchedule(name, expression, zone, cleanOld) { handler.handle(CoreScheduleRun(this, client.queue)) }
        }

    fun asyncSchedule(
        name: String,
        expression: String,
        zone: ZoneId,
        cleanOld: Boolean,
        handler: AsyncScheduleHandler,
    ) = register {
        schedule(name, expression, zone, cleanOld) {
            val run = CoreScheduleRun(this, client.queue)
            awaitStage { handler.handle(run) }
        }
    }

    fun intercept(interceptor: JobInterceptor) {
        interceptors += interceptor
    }

    fun intercept(interceptor: AsyncJobInterceptor) {
        asyncInterceptors += interceptor
    }

    fun build(): Worker = CoreWorker(client, worker(registrations))

    private fun register(registration: WorkerBuilder.() -> Unit) {
        // A worker that is thrown away: so that what is wrong is told here, and not only once all is built.
        worker(registrations + registration)
        registrations += registration
    }

    private fun worker(registrations: List<WorkerBuilder.() -> Unit>): Worker =
        client.backend.worker { registrations.forEach { it() } }
}

private fun <T : Any> JobType<T>.toCore() = CoreJobType(
    entrypoint,
    object : PayloadCodec<T> {
        override fun encode(value: T): ByteArray = codec.encode(value)

        override fun decode(payload: ByteArray): T = codec.decode(payload)
    },
)
