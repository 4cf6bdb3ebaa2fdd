@NullMarked
package io.pgqueuer.spring.internal.worker;

import org.jspecify.annotations.NullMarked;
