package consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pgqueuer.java.JobStatus;
import io.pgqueuer.java.PgQueuerClient;
import io.pgqueuer.test.PostgresFixture;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GreetingTest {
    @Test
    void aJobIsEnqueuedHandledAndAwaited() {
        var greeted = new CompletableFuture<String>();
        try (var postgres = PostgresFixture.start();
                var client = PgQueuerClient.postgres(postgres.getDsn());
                var worker = client.worker()
                        .entrypoint("greet")
                        .handle(run -> greeted.complete("hello " + new String(run.payload())))
                        .build()) {
            client.schema().install().join();
            worker.start();
            long id = client.queue().enqueue("greet", "ann".getBytes()).join();
            assertEquals(JobStatus.SUCCESSFUL, client.awaitCompletion(id).join());
            assertEquals("hello ann", greeted.join());
        }
    }
}
