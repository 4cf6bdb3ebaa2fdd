@NullMarked
package io.pgqueuer.spring.internal.metrics;

import org.jspecify.annotations.NullMarked;
