package io.pgqueuer.java.web;

import java.time.Duration;

/**
 * How a dashboard shows a queue. Each method sets one option and returns this object.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface DashboardOptions {
    /** Sets the name of the queue in the title of each page; default {@code PgQueuer}. */
    DashboardOptions title(String title);

    /** Sets how often pages are updated, and how old the numbers on them may be; default 2 s, at least 500 ms. */
    DashboardOptions refreshEvery(Duration refreshEvery);

    /**
     * Sets other origins that may send changes, such as {@code https://ops.example.org}; default none. By default, a
     * change must come from a page of the host that the request names. Behind a proxy that changes the header
     * {@code Host}, add the origin that browsers see.
     */
    DashboardOptions origins(String... origins);

    /** Sets what is shown of a payload; default {@link PayloadRedactor#show()}. */
    DashboardOptions redactor(PayloadRedactor redactor);
}
