package consumer;

import io.pgqueuer.java.JobQueue;
import io.pgqueuer.spring.JobHandler;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@SpringBootApplication
public class Application {
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    record Greeting(String name) {}

    @Component
    static class Greeter {
        final CompletableFuture<String> greeted = new CompletableFuture<>();

        @JobHandler("greet")
        void greet(Greeting greeting) {
            greeted.complete("Hello, " + greeting.name() + "!");
        }
    }

    @Service
    static class Guests {
        private final JobQueue queue;

        Guests(JobQueue queue) {
            this.queue = queue;
        }

        @Transactional
        void welcome(String name, boolean stays) {
            queue.enqueue("greet", "{\"name\": \"" + name + "\"}").join();
            if (!stays) {
                throw new IllegalStateException(name + " has left");
            }
        }
    }
}
