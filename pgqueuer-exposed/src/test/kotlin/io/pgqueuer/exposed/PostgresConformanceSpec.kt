package io.pgqueuer.exposed

import io.pgqueuer.conformance.JobConformanceSpec

class PostgresConformanceSpec : JobConformanceSpec(PostgresHarness())
