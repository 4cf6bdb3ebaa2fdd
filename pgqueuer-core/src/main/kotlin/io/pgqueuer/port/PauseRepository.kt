package io.pgqueuer.port

import io.pgqueuer.Pause
import io.pgqueuer.PauseOptions
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.StoreUnavailableException

/**
 * The pauses of a queue. A claim leases no job that is paused when the claim begins.
 *
 * Each operation takes effect as a whole or not at all, and throws [StoreUnavailableException] if the store cannot be
 * reached. A change sends [QueueEvent.PausesChanged].
 */
@PgQueuerSpi
public interface PauseRepository {
    /**
     * Pauses [entrypoint], or the whole queue if it is null. If it is paused already, [options] replace those of its
     * pause.
     *
     * @throws IllegalArgumentException if it would end before it begins, by the store's clock.
     */
    public suspend fun pause(entrypoint: String?, options: PauseOptions): Pause

    /** Ends the pause of [entrypoint], or that of the whole queue if it is null; returns whether it was paused. */
    public suspend fun resume(entrypoint: String?): Boolean
}
