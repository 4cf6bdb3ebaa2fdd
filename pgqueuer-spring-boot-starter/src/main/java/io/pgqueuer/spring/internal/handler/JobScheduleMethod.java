package io.pgqueuer.spring.internal.handler;

import io.pgqueuer.java.ScheduleContext;
import io.pgqueuer.java.WorkerBuilder;
import io.pgqueuer.spring.JobSchedule;
import java.lang.reflect.Method;
import java.time.DateTimeException;
import java.time.ZoneId;

/** A method with {@link JobSchedule}. */
final class JobScheduleMethod {
    private static final String OFF = "-";

    private final JobSchedule annotation;
    private final HandlerMethod<ScheduleContext> method;
    private final String name;
    private final String cron;
    private final String zone;

    JobScheduleMethod(JobSchedule annotation, HandlerBean bean, Attributes attributes) {
        this.annotation = annotation;
        this.method = HandlerMethod.of(bean, JobSchedule.class, Contexts.OF_SCHEDULE, false);
        try {
            this.name = attributes.text("name", annotation.name());
            this.cron = attributes.text("cron", annotation.cron());
            this.zone = attributes.text("zone", annotation.zone());
        } catch (IllegalArgumentException e) {
            throw InvalidHandler.of(JobSchedule.class, bean.method(), e);
        }
    }

    /** The name and the expression: what two schedules must not share. */
    String key() {
        return name + " " + cron;
    }

    boolean isOff() {
        return cron.equals(OFF);
    }

    Method method() {
        return method.method();
    }

    void check() {
        method.check();
    }

    void registerOn(WorkerBuilder worker) {
        try {
            var schedule = worker.schedule(name, cron).zone(ZoneId.of(zone)).cleanOld(annotation.cleanOld());
            if (method.kind() == HandlerMethod.Kind.BLOCKING) {
                schedule.handle(context -> method.run(context, null));
            } else {
                schedule.handleAsync(context -> method.start(context, null));
            }
        } catch (IllegalArgumentException e) {
            throw InvalidHandler.of(JobSchedule.class, method(), e);
        } catch (DateTimeException e) {
            throw InvalidHandler.of(
                    JobSchedule.class, method(), new IllegalArgumentException("zone must be a time zone such as "
                            + "Europe/Berlin, was '" + zone + "'", e));
        }
    }
}
