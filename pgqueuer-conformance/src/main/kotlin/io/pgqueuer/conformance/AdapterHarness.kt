package io.pgqueuer.conformance

import io.pgqueuer.adapter.StoreBackend
import kotlin.time.Duration

/** What the suite needs of an adapter. */
interface AdapterHarness {
    /** Returns a backend on an installed store without jobs and without log. The one before it is used no more. */
    suspend fun backend(): StoreBackend

    /** Lets the store's clock go on by [duration]. */
    suspend fun advance(duration: Duration)
}
