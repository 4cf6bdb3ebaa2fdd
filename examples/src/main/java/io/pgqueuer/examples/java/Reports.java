package io.pgqueuer.examples.java;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.NewJob;
import io.pgqueuer.java.OnConflict;
import io.pgqueuer.java.RetryPolicy;
import io.pgqueuer.java.Worker;
import java.time.ZoneId;
import java.util.function.Consumer;

/**
 * Makes a report every working day at six in the evening in Berlin. The schedule only enqueues a job, so that the report
 * is retried. The dedupe key prevents a second report if another worker takes the run of the schedule over.
 */
public final class Reports {
    static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    static Worker worker(Backend backend, String expression, Consumer<String> report) {
        return backend.worker()
                .schedule("daily-report", expression)
                .zone(BERLIN)
                .cleanOld(true)
                .handle(run -> {
                    var day = run.dueAt().atZone(BERLIN).toLocalDate().toString();
                    var job = NewJob.builder("report", day).dedupeKey("report:" + day).build();
                    run.queue().enqueue(job, OnConflict.SKIP).join();
                })
                .entrypoint("report")
                .retry(RetryPolicy.exponential(3))
                .handle(run -> report.accept(run.payloadText()))
                .build();
    }

    /** At six in the evening, Monday to Friday. */
    static final String DAILY = "0 18 * * MON-FRI";

    private Reports() {}
}
