package io.pgqueuer.examples.documented;

interface Mailer {
    void send(String address, String text);
}
