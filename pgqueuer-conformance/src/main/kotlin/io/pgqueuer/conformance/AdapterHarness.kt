package io.pgqueuer.conformance

import io.pgqueuer.adapter.StoreBackend
import kotlin.time.Duration

/** What the suite needs from an adapter. */
interface AdapterHarness {
    /** Returns a backend on an installed store without jobs and log entries. The previous backend is no longer used. */
    suspend fun backend(): StoreBackend

    /** Moves the store's clock forward by [duration]. */
    suspend fun advance(duration: Duration)
}
