/**
 * The dashboard in a servlet container: {@link io.pgqueuer.web.servlet.DashboardServlet}.
 */
@NullMarked
package io.pgqueuer.web.servlet;

import org.jspecify.annotations.NullMarked;
