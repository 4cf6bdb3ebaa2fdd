package io.pgqueuer.examples.java;

import io.pgqueuer.java.NewJob;
import io.pgqueuer.java.PgQueuerClient;
import io.pgqueuer.java.RunOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The smallest whole: a queue that needs nothing, one handler, two jobs. */
public final class InMemoryQuickstart {
    /** Returns what the handler said. */
    static List<String> run() {
        var greeted = new CopyOnWriteArrayList<String>();
        try (var client = PgQueuerClient.inMemory()) {
            var worker = client.worker()
                    .entrypoint("greet")
                    .handle(run -> greeted.add("hello " + new String(run.payload())))
                    .build();
            client.queue().enqueueAll(List.of(
                    NewJob.of("greet", "ann".getBytes()), NewJob.of("greet", "bob".getBytes()))).join();
            worker.start(RunOptions.drain()).join();
        }
        return greeted;
    }

    private InMemoryQuickstart() {}
}
