package io.pgqueuer.examples.documented;

record Receipt(long orderId, String email) {}
