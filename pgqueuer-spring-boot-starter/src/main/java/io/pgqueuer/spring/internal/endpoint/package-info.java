@NullMarked
package io.pgqueuer.spring.internal.endpoint;

import org.jspecify.annotations.NullMarked;
