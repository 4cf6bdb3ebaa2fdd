package io.pgqueuer.conformance

import io.kotest.core.spec.style.FunSpec
import io.pgqueuer.conformance.history.historyConformance

/** Everything that every adapter must do. Make a subclass for the adapter, and let the test engine find it. */
abstract class ConformanceSpec(harness: AdapterHarness) :
    FunSpec({
        include("enqueue:", enqueueConformance(harness))
        include("content:", contentConformance(harness))
        include("dedupe:", dedupeConformance(harness))
        include("refusal:", refusalConformance(harness))
        include("claim:", claimConformance(harness))
        include("waiting:", waitingConformance(harness))
        include("limit:", limitConformance(harness))
        include("declared limits:", declaredLimitsConformance(harness))
        include("lease:", leaseConformance(harness))
        include("poison:", poisonConformance(harness))
        include("settle:", settleConformance(harness))
        include("hold:", holdConformance(harness))
        include("run now:", runNowConformance(harness))
        include("cancel:", cancelConformance(harness))
        include("clear:", clearConformance(harness))
        include("log:", logConformance(harness))
        include("insights:", insightsConformance(harness))
        include("maintenance:", maintenanceConformance(harness))
        include("schedule:", scheduleConformance(harness))
        include("notification:", notificationConformance(harness))
        include("properties:", propertiesConformance(harness))
        include("pause:", pauseConformance(harness))
        include("schema:", schemaConformance(harness))
        include("history:", historyConformance(harness))
    })
