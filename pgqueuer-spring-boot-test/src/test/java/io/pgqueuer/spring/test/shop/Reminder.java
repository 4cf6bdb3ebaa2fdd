package io.pgqueuer.spring.test.shop;

public record Reminder(String address) {}
