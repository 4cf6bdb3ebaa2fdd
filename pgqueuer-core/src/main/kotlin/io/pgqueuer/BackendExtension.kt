package io.pgqueuer

/**
 * Something that a library adds to a backend, such as tracing. [BackendOptions.install] sets it, for Kotlin and Java
 * alike.
 *
 * Both parts run on threads of the caller or of a handler, and must not block.
 */
public interface BackendExtension {
    /**
     * Wraps the runs of all handlers of the backend's workers, outside the workers' own interceptors; null (default)
     * for nothing. It also wraps the deliveries of [JobQueue.consume], from the delivery until its answer.
     */
    public val jobInterceptor: JobInterceptor? get() = null

    /** Sees every call that enqueues jobs; null (default) for nothing. */
    public val enqueueCallInterceptor: EnqueueCallInterceptor? get() = null
}
