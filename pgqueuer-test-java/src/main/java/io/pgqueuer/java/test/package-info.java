/**
 * For tests in Java: a queue in memory and its worker, in virtual time. Start at
 * {@link io.pgqueuer.java.test.TestQueue}.
 */
@NullMarked
package io.pgqueuer.java.test;

import org.jspecify.annotations.NullMarked;
