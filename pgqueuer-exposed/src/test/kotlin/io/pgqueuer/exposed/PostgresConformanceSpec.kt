package io.pgqueuer.exposed

import io.pgqueuer.conformance.ConformanceSpec

class PostgresConformanceSpec : ConformanceSpec(PostgresHarness())
