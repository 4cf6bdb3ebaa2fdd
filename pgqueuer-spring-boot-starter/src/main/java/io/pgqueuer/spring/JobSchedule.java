package io.pgqueuer.spring;

import io.pgqueuer.spring.internal.handler.HandlerReflection;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Runs the method of a bean at the times of a cron expression, once over all workers.
 *
 * <pre>{@code
 * @JobSchedule(name = "nightly", cron = "0 2 * * *", zone = "Europe/Berlin")
 * void report() { … }
 * }</pre>
 *
 * <p>The method may have the parameters {@link io.pgqueuer.java.ScheduleContext} and {@link io.pgqueuer.java.Schedule}, or
 * core's {@code ScheduleContext} and {@code Schedule} in Kotlin. Otherwise it is as for {@link JobHandler}. All texts may
 * have placeholders.
 */
@Documented
@Reflective(HandlerReflection.class)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
public @interface JobSchedule {
    /** Identifies the schedule in the store, together with the expression. */
    String name();

    /**
     * A cron expression of five fields, six fields with seconds last, or a nickname such as {@code @hourly}. {@code -}
     * turns the schedule off.
     */
    String cron();

    /** The time zone in which the expression is evaluated. The worker that started last decides for all workers. */
    String zone() default "UTC";

    /** Whether other expressions under the same name are removed when the worker starts. */
    boolean cleanOld() default false;
}
