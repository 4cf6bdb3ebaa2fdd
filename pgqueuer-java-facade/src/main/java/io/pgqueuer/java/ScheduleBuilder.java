package io.pgqueuer.java;

import java.time.ZoneId;

/**
 * Collects how a worker treats one schedule, and its handler. Made by {@link WorkerBuilder#schedule}.
 *
 * <p>Each time is run once over all workers that register the schedule. The lease of a run is renewed while the handler
 * runs. If its worker dies, another worker takes the run over: delivery is at-least-once. A time that comes while a run
 * is still under way, and all times that were missed while no worker ran, are made up for by one run.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface ScheduleBuilder {
    /**
     * Sets the time zone in which the expression is evaluated; default UTC, which Python workers always use. It is stored
     * when a worker starts. If workers declare different zones, all use that of the worker that started last.
     */
    ScheduleBuilder zone(ZoneId zone);

    /**
     * Sets whether other expressions under the same name, registered by an older version of the application, are
     * removed when the worker starts; default false.
     */
    ScheduleBuilder cleanOld(boolean cleanOld);

    /**
     * Runs {@code handler} every time the schedule is due, on threads as {@link EntrypointBuilder#handle} does.
     *
     * @return the builder of the worker, for the next registration.
     * @throws IllegalArgumentException if the name is blank, the expression is invalid, or the pair is taken.
     */
    WorkerBuilder handle(ScheduleHandler handler);

    /**
     * Calls {@code handler} every time the schedule is due. While its stage is not complete, no thread waits.
     *
     * @return the builder of the worker, for the next registration.
     * @throws IllegalArgumentException if the name is blank, the expression is invalid, or the pair is taken.
     */
    WorkerBuilder handleAsync(AsyncScheduleHandler handler);
}
