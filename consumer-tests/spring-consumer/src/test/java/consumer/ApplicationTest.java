package consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueuer.test.PostgresFixture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(properties = "pgqueuer.schema-mode=install")
class ApplicationTest {
    @DynamicPropertySource
    static void database(DynamicPropertyRegistry properties) {
        var server = PostgresFixture.start();
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        properties.add("spring.datasource.url", server::getJdbcUrl);
    }

    @Test
    void whatIsCommittedRunsAndWhatIsRolledBackDoesNot(
            @Autowired Application.Guests guests,
            @Autowired Application.Greeter greeter,
            @Autowired JdbcTemplate database)
            throws Exception {
        assertThatThrownBy(() -> guests.welcome("Bob", false)).isInstanceOf(IllegalStateException.class);
        guests.welcome("Ann", true);
        assertThat(greeter.greeted.get(30, TimeUnit.SECONDS)).isEqualTo("Hello, Ann!");
        assertThat(database.queryForList("SELECT DISTINCT job_id FROM pgqueuer_log", Long.class)).hasSize(1);
    }
}
