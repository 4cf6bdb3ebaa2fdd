package io.pgqueuer

/** Everything that is registered with a worker. */
internal class WorkerDefinition(
    val entrypoints: List<EntrypointDefinition>,
    val schedules: List<ScheduleDefinition>,
    val interceptors: List<JobInterceptor>,
    val observers: List<WorkerObserver>,
    val resources: Resources,
)

/** One registered handler of jobs. */
internal class EntrypointDefinition(
    val name: String,
    val options: EntrypointOptions,
    val handler: Handler<JobContext, StoredJob>,
) {
    init {
        requireEntrypoint(name)
    }

    /** With the options of [defaults] that this entrypoint does not set itself. */
    fun withDefaults(defaults: EntrypointOptions): EntrypointDefinition {
        val merged = EntrypointOptions().copyOf(defaults).configured { setWhatWasSet(options) }
        return EntrypointDefinition(name, merged, handler)
    }
}

/** One registered handler of a schedule. */
internal class ScheduleDefinition(
    val name: String,
    val cron: CronExpression,
    val options: ScheduleOptions,
    val handler: Handler<ScheduleContext, Schedule>,
) {
    init {
        requireEntrypoint(name)
    }

    val expression: String = cron.toString()

    override fun toString(): String = "schedule '$name' ($expression)"
}

/** A handler of the user's: its code runs in a context [C], for a job or a schedule [S]. */
internal sealed interface Handler<C, S> {
    class Suspending<C, S>(
        val body: suspend C.(S) -> Unit,
    ) : Handler<C, S>

    /** It blocks its thread. */
    class Blocking<C, S>(
        val body: C.(S) -> Unit,
    ) : Handler<C, S>
}
