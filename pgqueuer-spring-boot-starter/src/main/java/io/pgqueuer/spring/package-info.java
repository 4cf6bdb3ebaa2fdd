/**
 * A queue and its worker in a Spring Boot application. Start at {@link io.pgqueuer.spring.JobHandler}, and inject
 * {@link io.pgqueuer.java.JobQueue}.
 */
@NullMarked
package io.pgqueuer.spring;

import org.jspecify.annotations.NullMarked;
