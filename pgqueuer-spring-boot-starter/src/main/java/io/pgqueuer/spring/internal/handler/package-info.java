@NullMarked
package io.pgqueuer.spring.internal.handler;

import org.jspecify.annotations.NullMarked;
