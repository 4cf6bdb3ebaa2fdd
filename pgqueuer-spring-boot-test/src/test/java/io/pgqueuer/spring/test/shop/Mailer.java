package io.pgqueuer.spring.test.shop;

public interface Mailer {
    void send(String address);

    void report();
}
