package io.pgqueuer.java;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** One job as the queue holds it, read at one moment. Implemented by this library only; methods may be added. */
public interface StoredJob {
    /** Its id, which it keeps when it is retried, held and requeued. */
    long id();

    /** The name of its handler. */
    String entrypoint();

    /** The status of the job. */
    JobStatus status();

    /** Jobs of higher priority are claimed first; of equal ones, the job with the lower id. */
    int priority();

    /**
     * What the producer stored; empty for a job without a payload. An empty array is not the same as no payload.
     *
     * <p>Listings leave payloads out: there it is empty, whatever is stored. The array is not copied: do not write to
     * it.
     */
    Optional<byte[]> payload();

    /**
     * The payload as text in UTF-8; empty if there is none.
     *
     * @throws IllegalStateException if the payload is not UTF-8.
     */
    Optional<String> payloadText();

    /**
     * The size of the stored payload in bytes, also if {@link #payload()} leaves it out; empty if there is no payload.
     */
    OptionalInt payloadBytes();

    /**
     * What the producer stored beside the payload. A value that is not text, which other producers may store, is given
     * as its JSON. The map cannot be changed.
     */
    Map<String, String> headers();

    /** The key that no other queued or running job has; empty for none. */
    Optional<String> dedupeKey();

    /** How often the job was retried: 0 on its first run. A requeue sets it back to 0. */
    int attempts();

    /** How many of its runs in a row ended because the lease expired, so that another claim took the job over. */
    int rescues();

    /** When it was enqueued. */
    Instant created();

    /** When it was last changed. */
    Instant updated();

    /** When its lease was last renewed; meaningful while its status is {@link JobStatus#PICKED}. */
    Instant heartbeat();

    /** The moment, by the store's clock, from which it may be claimed. */
    Instant runAt();

    /** The run of a worker that holds it; empty if none does. */
    Optional<UUID> workerId();

    /**
     * When somebody asked to cancel it while it was running; empty if nobody did. Its worker cancels the handler and
     * records the job as canceled. It never runs again.
     */
    Optional<Instant> cancelRequestedAt();

    /** The epoch of its last lease, which grows with each claim; 0 before the first claim. */
    long leaseEpoch();
}
