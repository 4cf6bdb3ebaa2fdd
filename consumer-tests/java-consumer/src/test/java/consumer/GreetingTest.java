package consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JobStatus;
import io.pgqueuer.test.PostgresFixture;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GreetingTest {
    @Test
    void aJobIsEnqueuedHandledAndAwaited() {
        var greeted = new CompletableFuture<String>();
        try (var postgres = PostgresFixture.start();
                var backend = Backend.postgres(postgres.getDsn());
                var watcher = backend.completionWatcher();
                var worker = backend.worker()
                        .entrypoint("greet")
                        .handle(job -> greeted.complete("hello " + new String(job.payload())))
                        .build()) {
            backend.schema().install().join();
            worker.start();
            long id = backend.queue().enqueue("greet", "ann".getBytes(), job -> job.priority(5)).join();
            assertEquals(JobStatus.SUCCESSFUL, watcher.awaitCompletion(id).join());
            assertEquals("hello ann", greeted.join());
        }
    }
}
