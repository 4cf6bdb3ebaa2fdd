package io.pgqueuer

/** How a backend treats the jobs that are enqueued on it, and who observes its workers. */
public class BackendOptions internal constructor() : Options() {
    /** Larger payloads are refused at enqueue; default 16 MiB. */
    public var maxPayloadBytes: Int by option(16 * 1024 * 1024, ">= 0") { it >= 0 }

    internal var observers: List<WorkerObserver> by option(emptyList())
    internal var enqueueInterceptors: List<EnqueueInterceptor> by option(emptyList())
    internal var extensions: List<BackendExtension> by option(emptyList())

    /** Passes the events of all workers of this backend on to [observer]; see [WorkerObserver]. */
    public fun observe(observer: WorkerObserver) {
        observers += observer
    }

    /** Passes every job through [interceptor] before it is stored, after the interceptors that were added before it. */
    public fun interceptEnqueue(interceptor: EnqueueInterceptor) {
        enqueueInterceptors += interceptor
    }

    /** Adds [extension] to the backend, inside those that were added before it. */
    public fun install(extension: BackendExtension) {
        extensions += extension
    }
}

/** Makes the options of a backend. */
@PgQueuerSpi
public fun BackendOptions(configure: BackendOptions.() -> Unit): BackendOptions = BackendOptions().configured(configure)

/**
 * Sees each job before it is stored, and may change it: for tracing headers, tenants or defaults.
 *
 * It sees every job, however it is enqueued: alone, in a batch, in a transaction of the caller's, from Java, or by a
 * handler. It runs on the caller's thread, before any SQL, and must not block. If it throws, the enqueue throws the
 * same and stores nothing.
 */
public fun interface EnqueueInterceptor {
    /** Returns the job to store: [job] itself, or a changed copy such as `job.with { header("tenant", id) }`. */
    public fun intercept(job: NewJob): NewJob
}
