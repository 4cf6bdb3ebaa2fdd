package io.pgqueuer.examples.java;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JobStatus;
import io.pgqueuer.test.PostgresFixture;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WelcomeTest {
    @Test
    void theFirstJavaExampleOfTheReadmeRunsItsJob() {
        try (var postgres = PostgresFixture.start()) {
            Welcome.main(new String[] {postgres.getDsn()});
            try (var backend = Backend.postgres(postgres.getDsn())) {
                assertEquals(
                        Map.of(1L, JobStatus.SUCCESSFUL), backend.insights().lastStatuses(List.of(1L)).join());
            }
        }
    }
}
