/**
 * The dashboard of a Java application. Start at {@link io.pgqueuer.java.web.Dashboards}.
 */
@NullMarked
package io.pgqueuer.java.web;

import org.jspecify.annotations.NullMarked;
