@NullMarked
package io.pgqueuer.spring.internal.payload;

import org.jspecify.annotations.NullMarked;
