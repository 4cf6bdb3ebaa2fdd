package io.pgqueuer.java.internal

import io.pgqueuer.PayloadCodec
import io.pgqueuer.java.AsyncJobHandler
import io.pgqueuer.java.AsyncJobInterceptor
import io.pgqueuer.java.AsyncScheduleHandler
import io.pgqueuer.java.AsyncTypedJobHandler
import io.pgqueuer.java.EntrypointBuilder
import io.pgqueuer.java.JobHandler
import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.JobType
import io.pgqueuer.java.OnFailure
import io.pgqueuer.java.RetryPolicy
import io.pgqueuer.java.ScheduleBuilder
import io.pgqueuer.java.ScheduleHandler
import io.pgqueuer.java.TypedJobHandler
import io.pgqueuer.java.Worker
import io.pgqueuer.java.WorkerBuilder
import io.pgqueuer.java.WorkerObserver
import java.time.Duration
import java.time.ZoneId
import kotlin.time.toKotlinDuration
import io.pgqueuer.EntrypointOptions as CoreEntrypointOptions
import io.pgqueuer.JobContext as CoreJobContext
import io.pgqueuer.JobType as CoreJobType
import io.pgqueuer.OnFailure as CoreOnFailure
import io.pgqueuer.ScheduleOptions as CoreScheduleOptions
import io.pgqueuer.WorkerBuilder as CoreWorkerBuilder
import kotlin.time.Duration as KotlinDuration

/** Collects registrations, and tries each one out at once. */
internal class JavaWorkerBuilder(
    private val backend: JavaBackend,
) : WorkerBuilder {
    private val registrations = mutableListOf<CoreWorkerBuilder.(Interceptors) -> Unit>()
    private val observers = mutableListOf<WorkerObserver>()
    private val blockingEntrypoints = mutableSetOf<String>()
    private var interceptors = Interceptors(emptyList(), emptyList())

    /** What handlers see; in their contexts, `queue` is that of core. */
    private val javaQueue = backend.queue()

    override fun entrypoint(name: String): EntrypointBuilder<JobHandler, AsyncJobHandler> = JavaEntrypointBuilder(
        { options, handler ->
            register { interceptors ->
                val runs = BlockingRuns(options, interceptors.blocking, javaQueue)
                blockingEntrypoint(name, runs.options) { runs.run(this, handler) }
            }.also { blockingEntrypoints += name }
        },
        { options, handler ->
            register { interceptors ->
                val runs = AsyncRuns(options, interceptors.async, javaQueue)
                entrypoint(name, runs.options) { runs.run(this, handler) }
            }
        },
    )

    override fun <T : Any> entrypoint(
        type: JobType<T>,
    ): EntrypointBuilder<TypedJobHandler<T>, AsyncTypedJobHandler<T>> = JavaEntrypointBuilder(
        { options, handler ->
            register { interceptors ->
                val runs = BlockingRuns(options, interceptors.blocking, javaQueue)
                blockingEntrypoint(type.toCore(), runs.options) { value ->
                    runs.run(this) { handler.handle(value, it) }
                }
            }.also { blockingEntrypoints += type.entrypoint() }
        },
        { options, handler ->
            register { interceptors ->
                val runs = AsyncRuns(options, interceptors.async, javaQueue)
                entrypoint(type.toCore(), runs.options) { value -> runs.run(this) { handler.handle(value, it) } }
            }
        },
    )

    override fun schedule(name: String, expression: String): ScheduleBuilder = JavaScheduleBuilder(
        { options, handler ->
            register {
                blockingSchedule(name, expression, options) { handler.handle(JavaScheduleContext(this, javaQueue)) }
            }
        },
        { options, handler ->
            register {
                schedule(name, expression, options) {
                    val context = JavaScheduleContext(this, javaQueue)
                    awaitStage { handler.handle(context) }
                }
            }
        },
    )

    override fun intercept(interceptor: JobInterceptor) = apply {
        interceptors = interceptors.copy(blocking = interceptors.blocking + interceptor)
    }

    override fun interceptAsync(interceptor: AsyncJobInterceptor) = apply {
        interceptors = interceptors.copy(async = interceptors.async + interceptor)
    }

    override fun observe(observer: WorkerObserver) = apply { observers += observer }

    override fun build(): Worker {
        val all = registrations.toList()
        val around = interceptors
        val outcomes = around.ofOutcomes(javaQueue, blockingEntrypoints.toSet()::contains)
        val observing = observers.map { it.toCore() }
        return JavaWorker(backend) {
            backend.core.worker {
                observing.forEach(::observe)
                outcomes.forEach(::intercept)
                all.forEach { it(around) }
            }
        }
    }

    private fun register(registration: CoreWorkerBuilder.(Interceptors) -> Unit): WorkerBuilder {
        // Makes a worker that is not used, so that an invalid registration throws here and not only in build().
        backend.core.worker { (registrations + registration).forEach { it(interceptors) } }
        registrations += registration
        return this
    }
}

/** Runs blocking handlers inside [interceptors]. */
private class BlockingRuns(
    options: CoreEntrypointOptions.() -> Unit,
    private val interceptors: List<JobInterceptor>,
    private val queue: JobQueue,
) {
    private val limited = LimitedOptions(options, interceptors.isNotEmpty())
    val options get() = limited.forCore

    fun run(context: CoreJobContext, handler: JobHandler) =
        handler.runInside(interceptors, JavaJobContext(context, queue), limited.limit(context))
}

/** Runs async handlers inside [interceptors]. */
private class AsyncRuns(
    options: CoreEntrypointOptions.() -> Unit,
    private val interceptors: List<AsyncJobInterceptor>,
    private val queue: JobQueue,
) {
    private val limited = LimitedOptions(options, interceptors.isNotEmpty())
    val options get() = limited.forCore

    suspend fun run(context: CoreJobContext, handler: AsyncJobHandler) =
        handler.runInside(interceptors, JavaJobContext(context, queue), limited.limit(context))
}

/**
 * The options of an entrypoint whose timeout is not for core if handlers are [wrapped] in interceptors: to core, those
 * are a part of the handler, and the timeout would count them in.
 */
private class LimitedOptions(
    private val options: CoreEntrypointOptions.() -> Unit,
    private val wrapped: Boolean,
) {
    private var ownTimeout: KotlinDuration? = null

    val forCore: CoreEntrypointOptions.() -> Unit = {
        options()
        if (wrapped) {
            ownTimeout = timeout
            timeout = null
        }
    }

    /** Makes the limit of a handler; null if there is none, or if core applies it. */
    fun limit(context: CoreJobContext): (() -> HandlerLimit)? = ownTimeout?.let { { HandlerLimit(context.job, it) } }
}

private class JavaEntrypointBuilder<B : Any, A : Any>(
    private val blocking: (CoreEntrypointOptions.() -> Unit, B) -> WorkerBuilder,
    private val async: (CoreEntrypointOptions.() -> Unit, A) -> WorkerBuilder,
) : EntrypointBuilder<B, A> {
    private val changes = mutableListOf<CoreEntrypointOptions.() -> Unit>()

    override fun concurrencyLimit(concurrencyLimit: Int) = set { this.concurrencyLimit = concurrencyLimit }

    override fun onFailure(onFailure: OnFailure) = set { this.onFailure = CoreOnFailure.valueOf(onFailure.name) }

    override fun onUndecodable(onUndecodable: OnFailure) =
        set { this.onUndecodable = CoreOnFailure.valueOf(onUndecodable.name) }

    override fun retry(retry: RetryPolicy) = set { this.retry = retry.toCore() }

    override fun timeout(timeout: Duration) = set { this.timeout = timeout.toKotlinDuration() }

    override fun handle(handler: B) = blocking(options(), handler)

    override fun handleAsync(handler: A) = async(options(), handler)

    private fun set(change: CoreEntrypointOptions.() -> Unit): JavaEntrypointBuilder<B, A> {
        changes += change
        return this
    }

    private fun options(): CoreEntrypointOptions.() -> Unit {
        val all = changes.toList()
        return { all.applyTo(this) }
    }
}

private class JavaScheduleBuilder(
    private val blocking: (CoreScheduleOptions.() -> Unit, ScheduleHandler) -> WorkerBuilder,
    private val async: (CoreScheduleOptions.() -> Unit, AsyncScheduleHandler) -> WorkerBuilder,
) : ScheduleBuilder {
    private val changes = mutableListOf<CoreScheduleOptions.() -> Unit>()

    override fun zone(zone: ZoneId) = set { this.zone = zone }

    override fun cleanOld(cleanOld: Boolean) = set { this.cleanOld = cleanOld }

    override fun handle(handler: ScheduleHandler) = blocking(options(), handler)

    override fun handleAsync(handler: AsyncScheduleHandler) = async(options(), handler)

    private fun set(change: CoreScheduleOptions.() -> Unit): JavaScheduleBuilder {
        changes += change
        return this
    }

    private fun options(): CoreScheduleOptions.() -> Unit {
        val all = changes.toList()
        return { all.applyTo(this) }
    }
}

private fun <T : Any> JobType<T>.toCore() = CoreJobType(
    entrypoint(),
    object : PayloadCodec<T> {
        override fun encode(value: T): ByteArray = codec().encode(value)

        override fun decode(payload: ByteArray): T = codec().decode(payload)
    },
)
