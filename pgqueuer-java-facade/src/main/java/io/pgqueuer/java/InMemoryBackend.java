package io.pgqueuer.java;

/**
 * A queue in the memory of this process. Made by {@link Backend#inMemory}.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface InMemoryBackend extends Backend {
    /**
     * Resets the queue for the next test: no jobs, no schedules, no log, ids from 1. Workers and watchers go on; stop
     * them first if the next test has its own.
     */
    void reset();
}
