@NullMarked
package io.pgqueuer.spring.internal.health;

import org.jspecify.annotations.NullMarked;
