@NullMarked
package io.pgqueuer.spring.internal.tracing;

import org.jspecify.annotations.NullMarked;
