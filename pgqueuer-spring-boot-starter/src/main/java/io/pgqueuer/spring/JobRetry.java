package io.pgqueuer.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Which failures of a handler are retried, and when: with growing delays, until the job has run
 * {@link #maxAttempts()} times.
 *
 * <p>It takes effect if {@link #maxAttempts()} is set. Otherwise the worker's default applies: five runs within half an
 * hour. All texts may have placeholders.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({})
public @interface JobRetry {
    /** The most runs, the first included; at least 1. {@code 1} never retries. */
    String maxAttempts() default "";

    /** How long to wait before the first retry. */
    String initialDelay() default "1s";

    /** How many times longer each wait is than the one before; at least 1. */
    String factor() default "2";

    /** The longest wait. */
    String maxDelay() default "1h";

    /** By which part of itself each wait is at most shortened or lengthened at random; 0 to 1. */
    String jitter() default "0.2";

    /** Retries only these failures and their subclasses; empty for all. */
    Class<? extends Throwable>[] on() default {};

    /** Never retries these failures and their subclasses. */
    Class<? extends Throwable>[] notOn() default {};
}
