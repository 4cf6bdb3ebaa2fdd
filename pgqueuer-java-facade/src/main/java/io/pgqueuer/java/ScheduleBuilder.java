package io.pgqueuer.java;

import io.pgqueuer.java.internal.WorkerDraft;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * Collects how one schedule is run, up to its handler. Made by {@link WorkerBuilder#schedule}.
 *
 * <p>It runs once over all workers that register it; while it runs, its lease is renewed, and when its worker dies,
 * another takes the run over. A time that comes while a run is still under way, and any number of times that were
 * missed while no worker ran, are made up for by one run. Delivery is at least once, as with jobs.
 */
public final class ScheduleBuilder {
    private final WorkerBuilder worker;
    private final WorkerDraft draft;
    private final String name;
    private final String expression;
    private ZoneId zone = ZoneOffset.UTC;
    private boolean cleanOld;

    ScheduleBuilder(WorkerBuilder worker, WorkerDraft draft, String name, String expression) {
        this.worker = worker;
        this.draft = draft;
        this.name = name;
        this.expression = expression;
    }

    /** By whose wall clock it is due; default UTC. All workers should agree on it. */
    public ScheduleBuilder zone(ZoneId zone) {
        this.zone = zone;
        return this;
    }

    /**
     * Whether other expressions of this name, which an older version registered, are removed when the worker starts;
     * default false.
     */
    public ScheduleBuilder cleanOld(boolean cleanOld) {
        this.cleanOld = cleanOld;
        return this;
    }

    /**
     * Runs {@code handler} each time, on threads as {@link EntrypointBuilder#handle} does.
     *
     * @return the builder of the worker, to go on with.
     * @throws IllegalArgumentException if the name is blank, the expression invalid, or the pair taken.
     */
    public WorkerBuilder handle(ScheduleHandler handler) {
        draft.blockingSchedule(name, expression, zone, cleanOld, handler);
        return worker;
    }

    /**
     * Calls {@code handler} each time, and waits for its stage without a thread.
     *
     * @return the builder of the worker, to go on with.
     * @throws IllegalArgumentException if the name is blank, the expression invalid, or the pair taken.
     */
    public WorkerBuilder handleAsync(AsyncScheduleHandler handler) {
        draft.asyncSchedule(name, expression, zone, cleanOld, handler);
        return worker;
    }
}
