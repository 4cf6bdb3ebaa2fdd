package io.pgqueuer.examples.java;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.RunMode;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The smallest complete program: a queue that needs nothing, one handler, two jobs. */
public final class InMemoryQuickstart {
    /** Returns what the handler said. */
    static List<String> run() {
        var greeted = new CopyOnWriteArrayList<String>();
        try (var backend = Backend.inMemory()) {
            var worker = backend.worker()
                    .entrypoint("greet")
                    .handle(run -> greeted.add("hello " + run.payloadText()))
                    .build();
            backend.queue().enqueue("greet", "ann").join();
            backend.queue().enqueue("greet", "bob", job -> job.priority(1)).join();
            worker.start(options -> options.mode(RunMode.DRAIN)).join();
        }
        return greeted;
    }

    private InMemoryQuickstart() {}
}
