/** For tests of handlers. Start at {@link io.pgqueuer.spring.test.PgQueuerTest}. */
@NullMarked
package io.pgqueuer.spring.test;

import org.jspecify.annotations.NullMarked;
