package io.pgqueuer.java.web;

import io.pgqueuer.java.Backend;
import io.pgqueuer.java.internal.web.BridgeKt;
import io.pgqueuer.web.Dashboard;
import java.util.function.Consumer;

/**
 * Makes the web dashboard of a queue.
 *
 * <pre>{@code
 * var dashboard = Dashboards.of(backend, options -> options.redactor(PayloadRedactor.hide()));
 * var servlet = new DashboardServlet(dashboard);
 * }</pre>
 *
 * <p>Close the dashboard before the backend.
 */
public final class Dashboards {
    private Dashboards() {}

    /** Makes the dashboard of {@code backend}, with the default options. */
    public static Dashboard of(Backend backend) {
        return of(backend, options -> {});
    }

    /**
     * Makes the dashboard of {@code backend}.
     *
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public static Dashboard of(Backend backend, Consumer<DashboardOptions> options) {
        return BridgeKt.dashboard(backend, options);
    }
}
