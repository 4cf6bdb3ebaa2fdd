package io.pgqueuer.java;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One job as the queue holds it, read at one moment.
 *
 * <p>Two are equal if all is equal and they share one payload array: compare {@link #id()}s instead.
 *
 * @param id kept over retries, holds and requeues.
 * @param entrypoint the name of its handler.
 * @param status where it stands.
 * @param priority higher is claimed first; ties go to the lower id.
 * @param payload what the producer stored; null where it stored nothing, which is not the same as no bytes. Listings leave
 *     it out: null there, whatever is stored. Handed out as it is, not copied: do not write to it.
 * @param headers what the producer stored beside the payload, empty where it stored none. A value that is no text, as
 *     other producers may store, is given as its JSON.
 * @param dedupeKey the key that no other queued or picked job carries; null for none.
 * @param attempts how often it was retried: 0 on its first run. A requeue sets it back to 0.
 * @param rescues how many of its runs in a row ended with an expired lease, so that another claim took it over.
 * @param created when it was enqueued.
 * @param updated when it was last changed.
 * @param heartbeat when its lease was last renewed; meaningful while it is picked.
 * @param executeAfter the moment, by the store's clock, from which it may be claimed.
 * @param workerId the run of a worker that holds it; null when none does.
 * @param leaseEpoch the epoch of its last lease, which grows with each claim; 0 before the first.
 * @param payloadBytes how large the stored payload is, also if it was left out of {@code payload}; null where there is
 *     none.
 */
public record Job(
        long id,
        String entrypoint,
        JobStatus status,
        int priority,
        byte @Nullable [] payload,
        Map<String, String> headers,
        @Nullable String dedupeKey,
        int attempts,
        int rescues,
        Instant created,
        Instant updated,
        Instant heartbeat,
        Instant executeAfter,
        @Nullable UUID workerId,
        long leaseEpoch,
        @Nullable Integer payloadBytes) {

    /** Copies the headers. */
    public Job {
        headers = Map.copyOf(headers);
    }

    @Override
    public String toString() {
        return "Job[id=%d, entrypoint=%s, status=%s, attempts=%d]".formatted(id, entrypoint, status, attempts);
    }
}
