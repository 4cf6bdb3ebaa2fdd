@NullMarked
package io.pgqueuer.spring.internal.dashboard;

import org.jspecify.annotations.NullMarked;
