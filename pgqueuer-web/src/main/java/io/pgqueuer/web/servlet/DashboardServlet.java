package io.pgqueuer.web.servlet;

import io.pgqueuer.web.Dashboard;
import io.pgqueuer.web.DashboardRequest;
import io.pgqueuer.web.DashboardRole;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Serves a {@link Dashboard} in a servlet container, under the application's own authentication.
 *
 * <pre>{@code
 * var servlet = new DashboardServlet(dashboard, request ->
 *         request.isUserInRole("admin") ? DashboardRole.OPERATE : DashboardRole.READ);
 * var registration = servletContext.addServlet("queue", servlet);
 * registration.addMapping("/admin/queue/*");
 * registration.setAsyncSupported(true);
 * }</pre>
 *
 * <p>It can be mapped to any path that ends with {@code /*}, in any context. It answers asynchronously: no thread of the
 * container waits for the queue, or for a page that is open. So the servlet, and all filters before it, must support
 * asynchronous requests.
 *
 * <p>When the container destroys the servlet, open pages stop updating themselves. The dashboard stays open: close it when
 * the application ends.
 */
public final class DashboardServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final long LARGEST_FORM = 1_000_000;

    private final transient ServletCalls calls;
    private final transient Function<HttpServletRequest, @Nullable DashboardRole> role;

    /** Serves {@code dashboard}: everybody who gets here may read, and nobody may change anything. */
    public DashboardServlet(Dashboard dashboard) {
        this(dashboard, request -> DashboardRole.READ);
    }

    /**
     * Serves {@code dashboard}.
     *
     * @param role what the user of a request may do; null answers with the status 403. It is called for every request, on
     *     a thread of the container.
     */
    public DashboardServlet(Dashboard dashboard, Function<HttpServletRequest, @Nullable DashboardRole> role) {
        this.calls = new ServletCalls(Objects.requireNonNull(dashboard, "dashboard"));
        this.role = Objects.requireNonNull(role, "role");
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        var allowed = role.apply(request);
        if (allowed == null) {
            refuse(response, HttpServletResponse.SC_FORBIDDEN, "you may not see this");
            return;
        }
        var isPost = request.getMethod().equals("POST");
        if (isPost && (request.getContentLengthLong() < 0 || request.getContentLengthLong() > LARGEST_FORM)) {
            refuse(
                    response,
                    HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE,
                    "the form must be at most " + LARGEST_FORM + " bytes");
            return;
        }
        if (!request.isAsyncSupported()) {
            throw new IllegalStateException("the servlet " + getServletName() + " and all filters before it must support "
                    + "asynchronous requests: set asyncSupported, or <async-supported> in web.xml");
        }
        var place = DashboardPlace.of(request);
        var query = Parameters.ofQuery(request);
        var wanted = new DashboardRequest(
                request.getMethod(),
                place.path(),
                place.base(),
                query,
                isPost ? Parameters.ofForm(request, query) : Map.of(),
                allowed,
                host(request),
                request.getHeader("Origin"));
        calls.start(request.startAsync(request, response), wanted);
    }

    /** Ends what is not answered yet. The dashboard stays open. */
    @Override
    public void destroy() {
        calls.close();
    }

    /** Returns how many requests are not answered yet, open pages included. */
    int openCalls() {
        return calls.getOpen();
    }

    /** HTTP/2 has no header of this name, but some containers add it. */
    private static String host(HttpServletRequest request) {
        var header = request.getHeader("Host");
        if (header != null) return header;
        var isDefaultPort = request.getServerPort() == (request.isSecure() ? 443 : 80);
        return isDefaultPort ? request.getServerName() : request.getServerName() + ":" + request.getServerPort();
    }

    private static void refuse(HttpServletResponse response, int status, String text) throws IOException {
        response.setStatus(status);
        response.setContentType("text/plain; charset=utf-8");
        response.setHeader("Cache-Control", "no-store");
        response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }
}
