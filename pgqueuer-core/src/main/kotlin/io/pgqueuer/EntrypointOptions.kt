package io.pgqueuer

import kotlin.time.Duration

/**
 * How a worker treats the jobs of one entrypoint, or by default those of all of them.
 *
 * ```
 * defaults { timeout = 5.minutes }
 * entrypoint("mail", { concurrencyLimit = 5; timeout = 30.seconds }) { job -> … }
 * ```
 *
 * By default no job is lost by a failure: it is retried a few times, and then held.
 *
 * The engine and, with each claim, the store get the same value.
 */
public class EntrypointOptions internal constructor() : Options() {
    /**
     * The most jobs of this entrypoint that run at once, over all workers; at least 1. Null (default) for no limit.
     */
    public var concurrencyLimit: Int? by option(null, ">= 1, or null for no limit") { it == null || it >= 1 }

    /**
     * What becomes of a job that failed for good; default [OnFailure.HOLD], so that it can be requeued once its cause is
     * removed.
     */
    public var onFailure: OnFailure by option(OnFailure.HOLD)

    /**
     * What becomes of a job whose payload cannot be decoded; default [OnFailure.HOLD], so that it can be requeued once a
     * worker that understands it runs. It is never retried by policy.
     */
    public var onUndecodable: OnFailure by option(OnFailure.HOLD)

    /** Which failures are retried, and when; default [RetryPolicy.DEFAULT]: five runs within half an hour. */
    public var retry: RetryPolicy by option(RetryPolicy.DEFAULT)

    /**
     * How long one run may take, from the handler's first instruction; more than 0. Null (default) for no limit.
     */
    public var timeout: Duration? by option(null, "> 0 and finite, or null for none") {
        it == null || (it.isPositive() && it.isFinite())
    }

    public companion object {
        /** The defaults. */
        public val DEFAULT: EntrypointOptions = EntrypointOptions {}
    }
}

/** Makes the options of an entrypoint. */
public fun EntrypointOptions(configure: EntrypointOptions.() -> Unit): EntrypointOptions =
    EntrypointOptions().configured(configure)

/** What becomes of a job that failed for good. In both cases the log keeps the record of the failure. */
public enum class OnFailure {
    /** The job is deleted, and its payload is lost. */
    DELETE,

    /** The job is held: it stays in the queue until it is requeued or dismissed by hand. */
    HOLD,
}
