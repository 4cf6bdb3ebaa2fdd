package io.pgqueuer

import io.pgqueuer.domain.Job
import io.pgqueuer.domain.Schedule
import io.pgqueuer.engine.Entrypoint
import io.pgqueuer.engine.Entrypoints
import io.pgqueuer.engine.Handler
import io.pgqueuer.engine.Registrations
import io.pgqueuer.engine.schedule.ScheduledHandler
import io.pgqueuer.engine.schedule.Schedules
import io.pgqueuer.engine.valueOf
import io.pgqueuer.port.Backend
import java.time.ZoneId
import java.time.ZoneOffset
import kotlin.time.Duration

/**
 * Makes a worker on [backend].
 *
 * ```
 * val worker = pgQueuer(backend) {
 *     entrypoint("fetch") { job -> … }
 *     schedule("nightly", "0 2 * * *") { queue.enqueue("report") }
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
    private val schedules = mutableListOf<ScheduledHandler>()
    private val interceptors = mutableListOf<JobInterceptor>()
    private val resources = Resources.Builder()

    /** Gives handlers what they share; they get it by `resource<T>()`. */
    public fun resources(configure: Resources.Builder.() -> Unit) {
        resources.configure()
    }

    /** Wraps every job's handler of this worker in [interceptor], inside those that were added before it. */
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

    /**
     * Runs [handler] at the times of the cron [expression] (see [CronExpression]), once over all workers that register
     * it. While it runs, its lease is renewed; when its worker dies, another takes the run over. A time that comes while
     * a run is still under way, and any number of times that were missed while no worker ran, are made up for by one
     * run. Delivery is at-least-once, as with jobs.
     *
     * What the handler throws is logged; the schedule then waits for its next time.
     *
     * @param name with the expression the identity of the schedule in the store; one name may have several expressions.
     * @param zone by whose wall clock; default UTC, by which Python workers go. All workers should agree on it.
     * @param cleanOld whether other expressions of this name that an older version registered are removed when the
     * worker starts; default false.
     * @throws IllegalArgumentException if the name is blank, the expression invalid, or the pair taken.
     */
    public fun schedule(
        name: String,
        expression: String,
        zone: ZoneId = ZoneOffset.UTC,
        cleanOld: Boolean = false,
        handler: suspend ScheduleContext.(Schedule) -> Unit,
    ) {
        register(name, expression, zone, cleanOld, Handler.Suspending(handler))
    }

    /**
     * Runs a [handler] that blocks its thread at the times of the cron [expression], on threads as [blockingEntrypoint]
     * does.
     *
     * Else as [schedule].
     */
    public fun blockingSchedule(
        name: String,
        expression: String,
        zone: ZoneId = ZoneOffset.UTC,
        cleanOld: Boolean = false,
        handler: ScheduleContext.(Schedule) -> Unit,
    ) {
        register(name, expression, zone, cleanOld, Handler.Blocking(handler))
    }

    private fun register(
        name: String,
        expression: String,
        zone: ZoneId,
        cleanOld: Boolean,
        handler: Handler<ScheduleContext, Schedule>,
    ) {
        val scheduled = ScheduledHandler(name, CronExpression.parse(expression), zone, cleanOld, handler)
        val taken = schedules.any { it.name == scheduled.name && it.expression == scheduled.expression }
        require(!taken) { "$scheduled is registered twice" }
        schedules += scheduled
    }

    private fun register(entrypoint: Entrypoint) {
        val taken = entrypoints.putIfAbsent(entrypoint.name, entrypoint) != null
        require(!taken) { "entrypoint '${entrypoint.name}' is registered twice" }
    }

    internal fun build() = Registrations(
        Entrypoints(entrypoints.toMap(), interceptors.toList()),
        Schedules(schedules.toList()),
        resources.build(),
    )
}
