@NullMarked
package io.pgqueuer.spring.internal.backend;

import org.jspecify.annotations.NullMarked;
