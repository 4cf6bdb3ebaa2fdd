package io.pgqueuer.web.internal.page

import io.pgqueuer.JobStatus
import io.pgqueuer.Throughput

/** How often jobs came to [status]. */
internal fun List<Throughput>.of(status: JobStatus): Long = filter { it.status == status }.sumOf { it.count }
