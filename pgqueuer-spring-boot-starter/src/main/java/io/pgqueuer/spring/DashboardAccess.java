package io.pgqueuer.spring;

import io.pgqueuer.web.DashboardRole;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a user may do on the web dashboard. Without a bean of this type, everybody who reaches the dashboard may read,
 * and nobody may change anything.
 */
@FunctionalInterface
public interface DashboardAccess {
    /** Returns what the user of {@code request} may do; null answers with the status 403. */
    @Nullable DashboardRole roleOf(HttpServletRequest request);
}
