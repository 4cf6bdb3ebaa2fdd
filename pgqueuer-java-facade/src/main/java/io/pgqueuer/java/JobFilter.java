package io.pgqueuer.java;

import io.pgqueuer.java.internal.FiltersKt;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Selects jobs in the queue. A job matches if all conditions hold.
 *
 * <pre>{@code
 * JobFilter.ALL.withStatus(JobStatus.HELD).withEntrypoint("mail")
 * JobFilter.parse("status:failed entrypoint:mail")
 * }</pre>
 *
 * <p>A filter cannot be changed; each {@code with…} returns a copy with one more condition. {@link Object#toString()}
 * returns the text that {@link #parse} reads.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface JobFilter {
    /** Matches every job in the queue. */
    JobFilter ALL = FiltersKt.allJobs();

    /**
     * Reads conditions of the form {@code name:value}, separated by spaces. A value with spaces or quotes stands in double
     * quotes, with {@code \} before a quote or a {@code \} within. The names are {@code status}, {@code entrypoint},
     * {@code priority}, {@code worker}, {@code dedupe-key}, {@code age} (as in {@code 1h30m}), {@code failure},
     * {@code header.NAME}, {@code payload} (a text that the payload contains) and {@code payload.PATH} (a value in a payload
     * that is JSON).
     *
     * @throws IllegalArgumentException if {@code text} is not of that form. It names the condition.
     */
    static JobFilter parse(String text) {
        return FiltersKt.jobFilterOf(text);
    }

    /** The status that jobs must have; empty for any. */
    Optional<JobStatus> status();

    /** The entrypoint that jobs must have; empty for any. */
    Optional<String> entrypoint();

    /** The priority that jobs must have; empty for any. */
    OptionalInt priority();

    /** The worker that must run the job; empty for any. */
    Optional<UUID> workerId();

    /** The dedupe key that jobs must have; empty for any. */
    Optional<String> dedupeKey();

    /** How long ago jobs must have been enqueued, at least; empty for any. */
    Optional<Duration> minAge();

    /** The type of the exception that jobs must be held for; empty for any. */
    Optional<String> failure();

    /** The headers that jobs must have. The map cannot be changed. */
    Map<String, String> headers();

    /** The text that payloads must contain; empty for any. */
    Optional<String> payloadText();

    /** The values that payloads that are JSON must have, by their paths. The map cannot be changed. */
    Map<String, String> payloadValues();

    /** Whether payloads decide which jobs match. It must then read the payloads of all jobs that match otherwise. */
    boolean readsPayloads();

    /**
     * Requires a status.
     *
     * @throws IllegalArgumentException if it is one of a job that has ended: only the log has those.
     */
    JobFilter withStatus(JobStatus status);

    /** Requires an entrypoint. */
    JobFilter withEntrypoint(String entrypoint);

    /** Requires a priority. */
    JobFilter withPriority(int priority);

    /** Requires that this worker runs the job. */
    JobFilter withWorkerId(UUID workerId);

    /** Requires a dedupe key. */
    JobFilter withDedupeKey(String dedupeKey);

    /**
     * Requires that a job was enqueued at least this long ago.
     *
     * @throws IllegalArgumentException if it is not positive.
     */
    JobFilter withMinAge(Duration minAge);

    /**
     * Requires that a job is held for an exception of this type, as {@code java.io.IOException} or {@code IOException}.
     */
    JobFilter withFailure(String failure);

    /** Requires a header with this value as text. Values that are objects or arrays never match. */
    JobFilter withHeader(String name, String value);

    /** Requires that the payload contains this text, in UTF-8 and in the same case. */
    JobFilter withPayloadText(String text);

    /**
     * Requires that the payload is JSON and has this value, as text. Objects, arrays and null never match.
     *
     * @param path names and, for arrays, numbers from 0, with points between them: {@code customer.id}.
     */
    JobFilter withPayloadValue(String path, String value);
}
