@NullMarked
package io.pgqueuer.spring.internal.start;

import org.jspecify.annotations.NullMarked;
