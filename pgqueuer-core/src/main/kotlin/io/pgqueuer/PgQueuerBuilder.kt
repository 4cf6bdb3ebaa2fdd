package io.pgqueuer

import io.pgqueuer.domain.Job
import io.pgqueuer.engine.Entrypoint
import io.pgqueuer.engine.Entrypoints
import io.pgqueuer.engine.Handler
import io.pgqueuer.engine.valueOf
import io.pgqueuer.port.Backend
import kotlin.time.Duration

/**
 * Makes a worker on [backend].
 *
 * ```
 * val worker = pgQueuer(backend) {
 *     entrypoint("fetch") { job -> … }
 * }
 * worker.run()
 * ```
 *
 * @throws IllegalArgumentException if a registration is invalid; see [PgQueuerBuilder].
 */
public fun pgQueuer(backend: Backend, configure: PgQueuerBuilder.() -> Unit): PgQueuer =
    PgQueuer(backend, PgQueuerBuilder().apply(configure).build())

/** Collects what a worker serves. Each registration is checked at once. */
@PgQueuerDsl
public class PgQueuerBuilder internal constructor() {
    private val entrypoints = linkedMapOf<String, Entrypoint>()
    private val interceptors = mutableListOf<JobInterceptor>()
    private val resources = Resources.Builder()

    /** Gives handlers what they share; they get it by `resource<T>()`. */
    public fun resources(configure: Resources.Builder.() -> Unit) {
        resources.configure()
    }

    /** Wraps every handler of this worker in [interceptor], inside those that were added before it. */
    public fun intercept(interceptor: JobInterceptor) {
        interceptors += interceptor
    }

    /**
     * Runs [handler] for each job of the entrypoint [name].
     *
     * The handler's normal end completes the job. What it throws is retried where [RetryRequested] or [retry] say so,
     * and is else the job's failure. It is cancelled when the job is canceled, its lease is lost, its time is up, or
     * the worker stops.
     *
     * @param concurrencyLimit the most jobs of this entrypoint that run at once, over all workers; 0 (default) for any
     * number.
     * @param onFailure what becomes of a job that failed for good; default [OnFailure.DELETE].
     * @param retry which failures to retry, and when; default none.
     * @param timeout how long one run may take; default without bound.
     * @throws IllegalArgumentException if the name is blank or taken, or a value is out of its bounds.
     */
    public fun entrypoint(
        name: String,
        concurrencyLimit: Int = 0,
        onFailure: OnFailure = OnFailure.DELETE,
        retry: RetryPolicy = RetryPolicy.NONE,
        timeout: Duration = Duration.INFINITE,
        handler: suspend JobContext.(Job) -> Unit,
    ) {
        register(Entrypoint(name, concurrencyLimit, onFailure, retry, timeout, Handler.Suspending(handler)))
    }

    /**
     * Runs [handler] for each job of [type] with its decoded value. A payload that cannot be decoded fails its job for
     * good, without a retry.
     *
     * Else as the untyped overload.
     */
    public fun <T> entrypoint(
        type: JobType<T>,
        concurrencyLimit: Int = 0,
        onFailure: OnFailure = OnFailure.DELETE,
        retry: RetryPolicy = RetryPolicy.NONE,
        timeout: Duration = Duration.INFINITE,
        handler: suspend JobContext.(T) -> Unit,
    ) {
        entrypoint(type.entrypoint, concurrencyLimit, onFailure, retry, timeout) { handler(type.valueOf(it)) }
    }

    /**
     * Runs a [handler] that blocks its thread (JDBC, files, legacy clients) for each job of the entrypoint [name], on a
     * virtual thread where the JVM has them, else on one of at most 64 threads. Where a suspending handler would be
     * cancelled, its thread is interrupted.
     *
     * Else as [entrypoint].
     */
    public fun blockingEntrypoint(
        name: String,
        concurrencyLimit: Int = 0,
        onFailure: OnFailure = OnFailure.DELETE,
        retry: RetryPolicy = RetryPolicy.NONE,
        timeout: Duration = Duration.INFINITE,
        handler: JobContext.(Job) -> Unit,
    ) {
        register(Entrypoint(name, concurrencyLimit, onFailure, retry, timeout, Handler.Blocking(handler)))
    }

    /** Runs a [handler] that blocks its thread for each job of [type] with its decoded value. */
    public fun <T> blockingEntrypoint(
        type: JobType<T>,
        concurrencyLimit: Int = 0,
        onFailure: OnFailure = OnFailure.DELETE,
        retry: RetryPolicy = RetryPolicy.NONE,
        timeout: Duration = Duration.INFINITE,
        handler: JobContext.(T) -> Unit,
    ) {
        blockingEntrypoint(type.entrypoint, concurrencyLimit, onFailure, retry, timeout) { handler(type.valueOf(it)) }
    }

    private fun register(entrypoint: Entrypoint) {
        val taken = entrypoints.putIfAbsent(entrypoint.name, entrypoint) != null
        require(!taken) { "entrypoint '${entrypoint.name}' is registered twice" }
    }

    internal fun build() = Entrypoints(entrypoints.toMap(), interceptors.toList(), resources.build())
}
