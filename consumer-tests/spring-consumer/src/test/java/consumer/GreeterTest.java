package consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pgqueuer.java.test.TestQueue;
import io.pgqueuer.spring.test.PgQueuerTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@PgQueuerTest
class GreeterTest {
    @Test
    void aGreetingComesTomorrow(@Autowired TestQueue queue, @Autowired Application.Greeter greeter) {
        queue.queue().enqueue("greet", "{\"name\": \"Ann\"}", job -> job.delay(Duration.ofDays(1)));
        queue.advance(Duration.ofDays(1));
        assertEquals("Hello, Ann!", greeter.greeted.getNow(null));
    }
}
