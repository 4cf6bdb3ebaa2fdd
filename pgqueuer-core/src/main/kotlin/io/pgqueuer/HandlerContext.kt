package io.pgqueuer

import io.pgqueuer.port.Backend

/** What every handler has at hand. */
@PgQueuerDsl
public interface HandlerContext {
    /** The store that the worker works on. */
    public val backend: Backend

    /** Takes follow-up jobs. */
    public val queue: JobQueue
        get() = backend.queue

    /** What the worker was given for its handlers. */
    public val resources: Resources
}

/**
 * Returns the resource of type [T], and of that [name] where one was given.
 *
 * @throws IllegalStateException if the worker was not given one.
 */
public inline fun <reified T : Any> HandlerContext.resource(name: String = ""): T = resources.get(T::class, name)
