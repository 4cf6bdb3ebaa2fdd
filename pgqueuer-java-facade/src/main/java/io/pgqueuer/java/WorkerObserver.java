package io.pgqueuer.java;

/**
 * Receives the events of workers, for metrics, tests and dashboards. Set it with {@link WorkerBuilder#observe} or
 * {@link BackendOptions#observe}.
 *
 * <pre>{@code
 * event -> {
 *     if (event instanceof WorkerEvent.JobEnded ended && ended.outcome() instanceof JobOutcome.Retried) {
 *         retries.increment();
 *     }
 * }
 * }</pre>
 *
 * <p>Events are delivered in order, one at a time, beside the engine, which never waits for an observer. If more than
 * 10,000 events wait, further ones are dropped and counted; see {@link WorkerEvent.EventsDropped}. An observer may
 * block its thread.
 */
@FunctionalInterface
public interface WorkerObserver {
    /** Called for each event. What it throws is logged and changes nothing. */
    void onEvent(WorkerEvent event);
}
