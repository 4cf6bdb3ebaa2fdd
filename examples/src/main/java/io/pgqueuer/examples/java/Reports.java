package io.pgqueuer.examples.java;

import io.pgqueuer.java.NewJob;
import io.pgqueuer.java.PgQueuerClient;
import io.pgqueuer.java.RetryPolicy;
import io.pgqueuer.java.Worker;
import java.time.ZoneId;
import java.util.function.Consumer;

/**
 * A report each working day at six in the evening in Berlin. The schedule only enqueues: the job has retries, and the
 * dedupe key sees to it that a run which another worker took over makes no second report.
 */
public final class Reports {
    static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    static Worker worker(PgQueuerClient client, String expression, Consumer<String> report) {
        return client.worker()
                .schedule("daily-report", expression)
                .zone(BERLIN)
                .cleanOld(true)
                .handle(run -> {
                    var day = run.dueAt().atZone(BERLIN).toLocalDate().toString();
                    run.queue().enqueueOrSkip(NewJob.builder("report")
                            .payload(day.getBytes())
                            .dedupeKey("report:" + day)
                            .build()).join();
                })
                .entrypoint("report")
                .retry(RetryPolicy.exponential(3))
                .handle(run -> report.accept(new String(run.payload())))
                .build();
    }

    /** At six in the evening, Monday to Friday. */
    static final String DAILY = "0 18 * * MON-FRI";

    private Reports() {}
}
