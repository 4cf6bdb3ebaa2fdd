@NullMarked
package io.pgqueuer.spring.internal.transaction;

import org.jspecify.annotations.NullMarked;
