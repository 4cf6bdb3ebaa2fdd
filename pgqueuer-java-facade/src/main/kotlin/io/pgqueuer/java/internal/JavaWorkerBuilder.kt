package io.pgqueuer.java.internal

import io.pgqueuer.PayloadCodec
import io.pgqueuer.java.AsyncJobHandler
import io.pgqueuer.java.AsyncScheduleHandler
import io.pgqueuer.java.AsyncTypedJobHandler
import io.pgqueuer.java.EntrypointBuilder
import io.pgqueuer.java.EntrypointDefaults
import io.pgqueuer.java.FailureRecord
import io.pgqueuer.java.JobHandler
import io.pgqueuer.java.JobInterceptor
import io.pgqueuer.java.JobQueue
import io.pgqueuer.java.JobType
import io.pgqueuer.java.OnFailure
import io.pgqueuer.java.RetryPolicy
import io.pgqueuer.java.ScheduleBuilder
import io.pgqueuer.java.ScheduleHandler
import io.pgqueuer.java.StoredJob
import io.pgqueuer.java.TypedJobHandler
import io.pgqueuer.java.Worker
import io.pgqueuer.java.WorkerBuilder
import io.pgqueuer.java.WorkerObserver
import java.time.Duration
import java.time.ZoneId
import java.util.function.BiConsumer
import java.util.function.Consumer
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
    private val registrations = mutableListOf<CoreWorkerBuilder.(Shared) -> Unit>()
    private val defaults = JavaEntrypointDefaults()
    private val observers = mutableListOf<WorkerObserver>()
    private val givenUp = mutableListOf<BiConsumer<StoredJob, FailureRecord>>()
    private var interceptors = emptyList<JobInterceptor>()

    private val threads = backend.threads

    /** What handlers see; in their contexts, `queue` is that of core. */
    private val javaQueue = backend.queue()

    override fun entrypoint(name: String): EntrypointBuilder<JobHandler, AsyncJobHandler> = required("name" to name) {
        JavaEntrypointBuilder(
            { options, handler ->
                register { shared ->
                    val runs = Runs(shared.with(options), shared.interceptors, javaQueue, threads)
                    blockingEntrypoint(name, runs.options) { runs.run(this, handler) }
                }
            },
            { options, handler ->
                register { shared ->
                    val runs = Runs(shared.with(options), shared.interceptors, javaQueue, threads)
                    entrypoint(name, runs.options) { runs.runAsync(this, handler) }
                }
            },
        )
    }

    override fun <T : Any> entrypoint(
        type: JobType<T>,
    ): EntrypointBuilder<TypedJobHandler<T>, AsyncTypedJobHandler<T>> = required("type" to type) {
        JavaEntrypointBuilder(
            { options, handler ->
                register { shared ->
                    val runs = Runs(shared.with(options), shared.interceptors, javaQueue, threads)
                    blockingEntrypoint(type.toCore(), runs.options) { value ->
                        runs.run(this) { handler.handle(value, it) }
                    }
                }
            },
            { options, handler ->
                register { shared ->
                    val runs = Runs(shared.with(options), shared.interceptors, javaQueue, threads)
                    entrypoint(type.toCore(), runs.options) { value ->
                        runs.runAsync(this) { handler.handle(value, it) }
                    }
                }
            },
        )
    }

    override fun schedule(name: String, expression: String): ScheduleBuilder =
        required("name" to name, "expression" to expression) {
            JavaScheduleBuilder(
                { options, handler ->
                    register {
                        blockingSchedule(name, expression, options) {
                            handler.handle(JavaScheduleContext(this, javaQueue))
                        }
                    }
                },
                { options, handler ->
                    register {
                        schedule(name, expression, options) {
                            val context = JavaScheduleContext(this, javaQueue)
                            awaitStage(threads) { handler.handle(context) }
                        }
                    }
                },
            )
        }

    override fun intercept(interceptor: JobInterceptor) = required("interceptor" to interceptor) {
        apply { interceptors = interceptors + interceptor }
    }

    override fun defaults(options: Consumer<EntrypointDefaults>) = required("options" to options) {
        apply {
            options.accept(defaults)
            // Throws here if an option is out of its bounds.
            CoreEntrypointOptions(defaults.options())
        }
    }

    override fun onGiveUp(action: BiConsumer<StoredJob, FailureRecord>) = required("action" to action) {
        apply { givenUp += action }
    }

    override fun observe(observer: WorkerObserver) = required("observer" to observer) {
        apply { observers += observer }
    }

    override fun build(): Worker {
        val all = registrations.toList()
        val shared = Shared(interceptors, defaults.options())
        val outcomes = shared.interceptors.ofOutcomes(javaQueue)
        val observing = observers.map { it.toCore() }
        val toldOfGiveUps = givenUp.toList()
        return JavaWorker(backend) {
            backend.core.worker {
                observing.forEach(::observe)
                toldOfGiveUps.forEach { action ->
                    onGiveUp { job, failure -> action.accept(job.toJava(), failure.toJava()) }
                }
                outcomes.forEach(::intercept)
                all.forEach { it(shared) }
            }
        }
    }

    private fun register(registration: CoreWorkerBuilder.(Shared) -> Unit): WorkerBuilder {
        // Makes a worker that is not used, so that an invalid registration throws here and not only in build().
        val shared = Shared(interceptors, defaults.options())
        backend.core.worker { (registrations + registration).forEach { it(shared) } }
        registrations += registration
        return this
    }
}

/** What all registrations of a worker share. */
private class Shared(
    val interceptors: List<JobInterceptor>,
    private val defaults: CoreEntrypointOptions.() -> Unit,
) {
    /** The [options] of one entrypoint, after those of all. Core cannot add these: a timeout may not be for core. */
    fun with(options: CoreEntrypointOptions.() -> Unit): CoreEntrypointOptions.() -> Unit = {
        defaults()
        options()
    }
}

/** Runs handlers inside [interceptors]. */
private class Runs(
    options: CoreEntrypointOptions.() -> Unit,
    private val interceptors: List<JobInterceptor>,
    private val queue: JobQueue,
    private val threads: CallThreads,
) {
    private val limited = LimitedOptions(options, interceptors.isNotEmpty(), threads)
    val options get() = limited.forCore

    fun run(context: CoreJobContext, handler: JobHandler) =
        handler.runInside(interceptors, JavaJobContext(context, queue), threads, limited.limit(context))

    suspend fun runAsync(context: CoreJobContext, handler: AsyncJobHandler) =
        handler.runInside(interceptors, JavaJobContext(context, queue), threads, limited.limit(context))
}

/**
 * The options of an entrypoint whose timeout is not for core if handlers are [wrapped] in interceptors: to core, those
 * are a part of the handler, and the timeout would count them in.
 */
private class LimitedOptions(
    private val options: CoreEntrypointOptions.() -> Unit,
    private val wrapped: Boolean,
    private val threads: CallThreads,
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
    fun limit(context: CoreJobContext): (() -> HandlerLimit)? =
        ownTimeout?.let { { HandlerLimit(context.job, it, threads) } }
}

private class JavaEntrypointBuilder<B : Any, A : Any>(
    private val blocking: (CoreEntrypointOptions.() -> Unit, B) -> WorkerBuilder,
    private val async: (CoreEntrypointOptions.() -> Unit, A) -> WorkerBuilder,
) : EntrypointBuilder<B, A> {
    private val changes = EntrypointChanges()

    override fun concurrencyLimit(concurrencyLimit: Int) = apply { changes.concurrencyLimit(concurrencyLimit) }

    override fun noConcurrencyLimit() = apply { changes.concurrencyLimit(null) }

    override fun onFailure(onFailure: OnFailure) = apply { changes.onFailure(onFailure) }

    override fun onUndecodable(onUndecodable: OnFailure) = apply { changes.onUndecodable(onUndecodable) }

    override fun retry(retry: RetryPolicy) = apply { changes.retry(retry) }

    override fun timeout(timeout: Duration) = apply { changes.timeout(timeout) }

    override fun noTimeout() = apply { changes.noTimeout() }

    override fun handle(handler: B) = required("handler" to handler) {
        blocking(changes.options(), handler)
    }

    override fun handleAsync(handler: A) = required("handler" to handler) {
        async(changes.options(), handler)
    }
}

private class JavaEntrypointDefaults : EntrypointDefaults {
    private val changes = EntrypointChanges()

    override fun concurrencyLimit(concurrencyLimit: Int) = apply { changes.concurrencyLimit(concurrencyLimit) }

    override fun onFailure(onFailure: OnFailure) = apply { changes.onFailure(onFailure) }

    override fun onUndecodable(onUndecodable: OnFailure) = apply { changes.onUndecodable(onUndecodable) }

    override fun retry(retry: RetryPolicy) = apply { changes.retry(retry) }

    override fun timeout(timeout: Duration) = apply { changes.timeout(timeout) }

    fun options() = changes.options()
}

/** The options of an entrypoint that Java has set so far. */
private class EntrypointChanges {
    private val changes = mutableListOf<CoreEntrypointOptions.() -> Unit>()

    fun concurrencyLimit(limit: Int?) {
        changes += { concurrencyLimit = limit }
    }

    fun onFailure(onFailure: OnFailure) = required("onFailure" to onFailure) {
        changes += { this.onFailure = CoreOnFailure.valueOf(onFailure.name) }
    }

    fun onUndecodable(onUndecodable: OnFailure) = required("onUndecodable" to onUndecodable) {
        changes += { this.onUndecodable = CoreOnFailure.valueOf(onUndecodable.name) }
    }

    fun retry(retry: RetryPolicy) = required("retry" to retry) {
        changes += { this.retry = retry.toCore() }
    }

    fun timeout(timeout: Duration) = required("timeout" to timeout) {
        changes += { this.timeout = timeout.toKotlinDuration() }
    }

    fun noTimeout() {
        changes += { timeout = null }
    }

    fun options(): CoreEntrypointOptions.() -> Unit {
        val all = changes.toList()
        return { all.applyTo(this) }
    }
}

private class JavaScheduleBuilder(
    private val blocking: (CoreScheduleOptions.() -> Unit, ScheduleHandler) -> WorkerBuilder,
    private val async: (CoreScheduleOptions.() -> Unit, AsyncScheduleHandler) -> WorkerBuilder,
) : ScheduleBuilder {
    private val changes = mutableListOf<CoreScheduleOptions.() -> Unit>()

    override fun zone(zone: ZoneId) = required("zone" to zone) {
        set { this.zone = zone }
    }

    override fun cleanOld(cleanOld: Boolean) = set { this.cleanOld = cleanOld }

    override fun handle(handler: ScheduleHandler) = required("handler" to handler) {
        blocking(options(), handler)
    }

    override fun handleAsync(handler: AsyncScheduleHandler) = required("handler" to handler) {
        async(options(), handler)
    }

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
