package io.pgqueuer.java.internal.web

import io.pgqueuer.java.Backend
import io.pgqueuer.java.internal.toCore
import io.pgqueuer.java.web.DashboardOptions
import io.pgqueuer.java.web.PayloadRedactor
import io.pgqueuer.web.Dashboard
import java.time.Duration
import java.util.function.Consumer
import kotlin.time.toKotlinDuration
import io.pgqueuer.web.DashboardOptions as CoreDashboardOptions
import io.pgqueuer.web.PayloadRedactor as CorePayloadRedactor

internal fun dashboard(backend: Backend, options: Consumer<DashboardOptions>): Dashboard =
    Dashboard(backend.toCore()) { options.accept(JavaDashboardOptions(this)) }

private class JavaDashboardOptions(
    private val core: CoreDashboardOptions,
) : DashboardOptions {
    override fun title(title: String) = apply { core.title = title }

    override fun refreshEvery(refreshEvery: Duration) = apply { core.refreshEvery = refreshEvery.toKotlinDuration() }

    override fun origins(vararg origins: String) = apply { core.origins = origins.toSet() }

    override fun redactor(redactor: PayloadRedactor) = apply {
        core.redactor = CorePayloadRedactor { job, payload -> redactor.redact(JavaJobs.of(job), payload) }
    }
}
