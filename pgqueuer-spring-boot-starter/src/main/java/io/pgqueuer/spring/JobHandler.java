package io.pgqueuer.spring;

import io.pgqueuer.java.OnFailure;
import io.pgqueuer.spring.internal.handler.HandlerReflection;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;

/**
 * Runs the method of a bean for each job of an entrypoint.
 *
 * <pre>{@code
 * @JobHandler(name = "receipt", concurrencyLimit = "5", timeout = "30s", retry = @JobRetry(maxAttempts = "3"))
 * void sendReceipt(Receipt receipt, JobContext job) { … }
 * }</pre>
 *
 * <p>Delivery is at-least-once. Handlers must be idempotent: a job can run more than once.
 *
 * <p>The method may have these parameters, in any order:
 *
 * <ul>
 *   <li>the payload: {@code byte[]}, {@code String} for text in UTF-8, or any other type, which {@link PayloadCodecs}
 *       decodes;
 *   <li>{@link io.pgqueuer.java.JobContext} and {@link io.pgqueuer.java.StoredJob}, or core's {@code JobContext} and
 *       {@code StoredJob} in Kotlin.
 * </ul>
 *
 * <p>It returns {@code void} and may block, or it returns a {@link java.util.concurrent.CompletionStage}, or it is a
 * suspending function. It may be package-private, and may be called through a proxy, such as that of
 * {@code @Transactional}.
 *
 * <p>All texts may have placeholders: {@code timeout = "${receipts.timeout:30s}"}. An empty text leaves the option at the
 * worker's default.
 */
@Documented
@Reflective(HandlerReflection.class)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface JobHandler {
    /** The name of the entrypoint. */
    @AliasFor("name")
    String value() default "";

    /** The name of the entrypoint. */
    @AliasFor("value")
    String name() default "";

    /** The most jobs of this entrypoint that run at once, over all workers. */
    String concurrencyLimit() default "";

    /** How long one run may take, such as {@code 30s} or {@code PT30S}. */
    String timeout() default "";

    /** Which failures are retried, and when. */
    JobRetry retry() default @JobRetry;

    /** What becomes of a job that failed for good. At most one value; none leaves it at the worker's default. */
    OnFailure[] onFailure() default {};

    /** What becomes of a job whose payload cannot be decoded. At most one value; none leaves it at the worker's default. */
    OnFailure[] onUndecodable() default {};
}
