import io.pgqueuer.java.Backend;
import io.pgqueuer.java.JacksonCodec;
import io.pgqueuer.java.JobType;
import io.pgqueuer.java.RunMode;

public class Welcome {
    public record Customer(String email) {}

    static final JobType<Customer> SEND_WELCOME = JobType.of("send_welcome", JacksonCodec.of(Customer.class));

    public static void main(String[] args) {
        try (var backend = Backend.postgres(args[0])) {
            backend.schema().install().join();
            backend.queue().enqueue(SEND_WELCOME, new Customer("ann@example.org")).join();

            var worker = backend.worker()
                    .entrypoint(SEND_WELCOME)
                    .concurrencyLimit(5)
                    .handle((customer, job) -> System.out.println("Welcome, " + customer.email() + "!"))
                    .build();
            // Completes once the queue is empty. Without this mode, a worker runs until it is stopped.
            worker.start(options -> options.mode(RunMode.DRAIN)).join();
        }
    }
}
