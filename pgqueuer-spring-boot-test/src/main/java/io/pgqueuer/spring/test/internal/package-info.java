@NullMarked
package io.pgqueuer.spring.test.internal;

import org.jspecify.annotations.NullMarked;
