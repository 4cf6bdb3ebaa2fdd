@NullMarked
package io.pgqueuer.spring.internal.schema;

import org.jspecify.annotations.NullMarked;
