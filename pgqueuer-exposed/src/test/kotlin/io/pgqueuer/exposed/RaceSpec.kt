package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.conformance.raceConformance

class RaceSpec : FunSpec({ include("race:", raceConformance(PostgresHarness())) })
