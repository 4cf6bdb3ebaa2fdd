package io.pgqueuer.examples.documented;

record Order(long id, String email) {}
