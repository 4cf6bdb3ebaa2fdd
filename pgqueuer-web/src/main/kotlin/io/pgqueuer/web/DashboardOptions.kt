package io.pgqueuer.web

import io.pgqueuer.Options
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoredJob
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** How a [Dashboard] shows a queue. */
@OptIn(PgQueuerSpi::class)
public class DashboardOptions internal constructor() : Options() {
    /** The name of the queue in the title of each page; default `PgQueuer`. */
    public var title: String by option("PgQueuer", "a text that is not blank") { it.isNotBlank() }

    /** How often pages are updated, and how old the numbers on them may be; default 2 s, at least 500 ms. */
    public var refreshEvery: Duration by option(2.seconds, ">= 500ms and finite") {
        it >= 500.milliseconds && it.isFinite()
    }

    /**
     * Other origins that may send changes, as in `https://ops.example.org`; default none. By default, a change must come
     * from a page of the host that the request names. Behind a proxy that changes the header `Host`, add the origin that
     * browsers see.
     */
    public var origins: Set<String> by option(emptySet())

    /** What is shown of a payload; default [PayloadRedactor.SHOW]. */
    public var redactor: PayloadRedactor by option(PayloadRedactor.SHOW)
}

/** Decides what the dashboard shows of a payload, for example without passwords and addresses. */
public fun interface PayloadRedactor {
    /**
     * Returns the bytes to show for [payload], the payload of [job]; null to show only its size. It must not block. If it
     * throws, only the size is shown.
     */
    public fun redact(job: StoredJob, payload: ByteArray): ByteArray?

    public companion object {
        /** Shows payloads as they are. */
        public val SHOW: PayloadRedactor = PayloadRedactor { _, payload -> payload }

        /** Shows no payload. */
        public val HIDE: PayloadRedactor = PayloadRedactor { _, _ -> null }
    }
}
