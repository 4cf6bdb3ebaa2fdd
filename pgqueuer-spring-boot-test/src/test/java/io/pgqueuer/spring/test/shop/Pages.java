package io.pgqueuer.spring.test.shop;

import org.springframework.stereotype.Component;

/** A component without handlers. */
@Component
public class Pages {}
