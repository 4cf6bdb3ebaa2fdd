package io.pgqueuer.java;

import java.time.Instant;
import java.util.Optional;

/**
 * A pause: no worker of this library starts a job of the entrypoint, or of the whole queue, until it ends. See
 * {@link JobQueue#pause(String)}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface Pause {
    /** What is paused; empty for the whole queue. */
    Optional<String> entrypoint();

    /** When the pause began, by the store's clock. */
    Instant since();

    /** When the pause ends by itself, by the store's clock; empty if it lasts until somebody resumes it. */
    Optional<Instant> until();

    /** Why, for those who look at the queue; empty if nobody said. */
    Optional<String> reason();
}
