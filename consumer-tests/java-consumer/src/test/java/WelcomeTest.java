import io.pgqueuer.test.PostgresFixture;
import org.junit.jupiter.api.Test;

class WelcomeTest {
    @Test
    void theFirstExampleOfTheReadmeRuns() {
        try (var postgres = PostgresFixture.start()) {
            Welcome.main(new String[] {postgres.getDsn()});
        }
    }
}
