package io.pgqueuer.exposed

import io.pgqueuer.conformance.ConformanceSpec

/** On the connections of an application's own pool, with defaults of its own. */
class PoolConformanceSpec : ConformanceSpec(PostgresHarness { postgresBackend(UnusualSettings.pool(it)) })
