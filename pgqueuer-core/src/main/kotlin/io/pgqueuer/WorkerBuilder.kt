package io.pgqueuer

/** Collects what a worker serves, in [Backend.worker]. Each registration is checked at once. */
@PgQueuerDsl
public class WorkerBuilder internal constructor() {
    private val entrypoints = linkedMapOf<String, EntrypointDefinition>()
    private val schedules = mutableListOf<ScheduleDefinition>()
    private val interceptors = mutableListOf<JobInterceptor>()
    private val observers = mutableListOf<WorkerObserver>()
    private val resources = Resources.Builder()
    private val defaults = EntrypointOptions()

    /** Puts objects that handlers share, such as clients. Handlers get them by `resource<T>()`. */
    public fun resources(configure: Resources.Builder.() -> Unit) {
        resources.configure()
    }

    /**
     * Sets options of all entrypoints of this worker, wherever in the block it is called. An option that an entrypoint
     * sets itself is the entrypoint's. A concurrency limit applies to each entrypoint on its own.
     *
     * ```
     * defaults { retry = RetryPolicy.NONE; onFailure = OnFailure.DELETE }
     * ```
     *
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public fun defaults(options: EntrypointOptions.() -> Unit) {
        defaults.options()
    }

    /** Wraps every job's handler of this worker in [interceptor], inside those that were added before it. */
    public fun intercept(interceptor: JobInterceptor) {
        interceptors += interceptor
    }

    /**
     * Calls [action] with each job that failed for good in this worker, once the store has confirmed that it is held or
     * deleted: to alert somebody, or to undo what the job had begun.
     *
     * ```
     * onGiveUp { job, failure -> pager.alert("${job.entrypoint} ${job.id}: ${failure.message}") }
     * ```
     *
     * It may block its thread, and is called for one job at a time; what it throws is logged. It is an observer, so the
     * same limits apply: see [WorkerObserver]. It is not called if this process dies before, nor for a job that is held
     * without a run: see [WorkerEvent.JobHeldByClaim].
     */
    public fun onGiveUp(action: (job: StoredJob, failure: FailureRecord) -> Unit) {
        observe { event ->
            if (event is WorkerEvent.JobEnded) event.outcome.finalFailure?.let { action(event.job, it) }
        }
    }

    /** Passes the events of this worker on to [observer]; see [WorkerObserver]. */
    public fun observe(observer: WorkerObserver) {
        observers += observer
    }

    /**
     * Runs [handler] for each job of the entrypoint [name].
     *
     * The job is completed when the handler returns. If the handler throws, the job is retried if it threw
     * [RetryRequested] or if [EntrypointOptions.retry] says so. Otherwise the job has failed for good, and is held unless
     * [EntrypointOptions.onFailure] says to delete it. The handler is cancelled when the job is canceled, its lease is
     * lost, its time is up, or the worker stops.
     *
     * Delivery is at-least-once. Handlers must be idempotent: a job can run more than once.
     *
     * @throws IllegalArgumentException if the name is blank or taken, or an option is out of its bounds.
     */
    public fun entrypoint(
        name: String,
        options: EntrypointOptions.() -> Unit = {},
        handler: suspend JobContext.(StoredJob) -> Unit,
    ) {
        register(name, options, Handler.Suspending(handler))
    }

    /**
     * Runs [handler] for each job of [type], with its decoded value. A job whose payload cannot be decoded is not
     * retried; see [EntrypointOptions.onUndecodable].
     *
     * Otherwise behaves like the untyped overload.
     */
    public fun <T> entrypoint(
        type: JobType<T>,
        options: EntrypointOptions.() -> Unit = {},
        handler: suspend JobContext.(T) -> Unit,
    ) {
        register(type.entrypoint, options, Handler.Suspending { handler(type.valueOf(it)) })
    }

    /**
     * Runs a [handler] that blocks its thread (JDBC, files, legacy clients) for each job of the entrypoint [name]. It
     * runs on a virtual thread if the JVM has them (from Java 21), otherwise on one of at most 64 threads. To cancel it,
     * its thread is interrupted.
     *
     * Otherwise behaves like [entrypoint].
     */
    public fun blockingEntrypoint(
        name: String,
        options: EntrypointOptions.() -> Unit = {},
        handler: JobContext.(StoredJob) -> Unit,
    ) {
        register(name, options, Handler.Blocking(handler))
    }

    /** Runs a [handler] that blocks its thread for each job of [type], with its decoded value. */
    public fun <T> blockingEntrypoint(
        type: JobType<T>,
        options: EntrypointOptions.() -> Unit = {},
        handler: JobContext.(T) -> Unit,
    ) {
        register(type.entrypoint, options, Handler.Blocking { handler(type.valueOf(it)) })
    }

    /**
     * Runs [handler] at the times of the cron [expression] (see [CronExpression]), once over all workers that register
     * it.
     *
     * The lease of a run is renewed while the handler runs. If its worker dies, another one takes the run over: delivery
     * is at-least-once. A time that comes while a run is still under way, and all times that were missed while no worker
     * ran, are made up for by one run. What the handler throws is logged; the schedule then waits for its next time.
     *
     * @param name identifies the schedule in the store, together with the expression. One name may have several
     * expressions.
     * @throws IllegalArgumentException if the name is blank, the expression is invalid, or the pair is taken.
     */
    public fun schedule(
        name: String,
        expression: String,
        options: ScheduleOptions.() -> Unit = {},
        handler: suspend ScheduleContext.(Schedule) -> Unit,
    ) {
        register(name, expression, options, Handler.Suspending(handler))
    }

    /**
     * Runs a [handler] that blocks its thread at the times of the cron [expression], on threads as [blockingEntrypoint]
     * does.
     *
     * Otherwise behaves like [schedule].
     */
    public fun blockingSchedule(
        name: String,
        expression: String,
        options: ScheduleOptions.() -> Unit = {},
        handler: ScheduleContext.(Schedule) -> Unit,
    ) {
        register(name, expression, options, Handler.Blocking(handler))
    }

    private fun register(
        name: String,
        configure: EntrypointOptions.() -> Unit,
        handler: Handler<JobContext, StoredJob>,
    ) {
        val options = try {
            EntrypointOptions(configure)
        } catch (e: IllegalArgumentException) {
            throw IllegalArgumentException("entrypoint '$name': ${e.message}", e)
        }
        val taken = entrypoints.putIfAbsent(name, EntrypointDefinition(name, options, handler)) != null
        require(!taken) { "entrypoint '$name' is registered twice" }
    }

    private fun register(
        name: String,
        expression: String,
        configure: ScheduleOptions.() -> Unit,
        handler: Handler<ScheduleContext, Schedule>,
    ) {
        val schedule =
            ScheduleDefinition(name, CronExpression.parse(expression), ScheduleOptions().configured(configure), handler)
        val taken = schedules.any { it.name == schedule.name && it.expression == schedule.expression }
        require(!taken) { "$schedule is registered twice" }
        schedules += schedule
    }

    internal fun build(): WorkerDefinition {
        val limited = entrypoints.values.count { it.options.concurrencyLimit != null }
        require(limited <= MOST_LIMITED_ENTRYPOINTS) {
            "a worker can have at most $MOST_LIMITED_ENTRYPOINTS entrypoints with a concurrencyLimit, has $limited; " +
                "register them on several workers"
        }
        return WorkerDefinition(
            entrypoints.values.map { it.withDefaults(defaults) },
            schedules.toList(),
            interceptors.toList(),
            observers.toList(),
            resources.build(),
        )
    }

    private companion object {
        /** A claim counts the running jobs of each. Ten times as many would be more than a statement can name. */
        const val MOST_LIMITED_ENTRYPOINTS = 1_000
    }
}
