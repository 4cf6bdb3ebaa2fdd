package io.pgqueuer.spring.test.internal;

import io.pgqueuer.spring.test.PgQueuerTest;
import org.springframework.boot.test.autoconfigure.TestSliceTestContextBootstrapper;

/** Starts the context of a {@link PgQueuerTest}. */
public final class PgQueuerTestContextBootstrapper extends TestSliceTestContextBootstrapper<PgQueuerTest> {}
