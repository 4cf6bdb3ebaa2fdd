package io.pgqueuer.java;

import io.pgqueuer.java.internal.FiltersKt;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Selects entries of the log. An entry matches if all conditions hold.
 *
 * <pre>{@code
 * LogFilter.ALL.withEntrypoint("mail").withStatuses(List.of(JobStatus.EXCEPTION))
 * LogFilter.parse("entrypoint:mail status:exception")
 * }</pre>
 *
 * <p>A filter cannot be changed; each {@code with…} returns a copy. {@link Object#toString()} returns the text that
 * {@link #parse} reads.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface LogFilter {
    /** Matches every entry. */
    LogFilter ALL = FiltersKt.allEntries();

    /**
     * Reads conditions in the form of {@link JobFilter#parse}. The names are {@code status} (one or several of them, with
     * commas), {@code entrypoint}, {@code priority} and {@code failure}.
     *
     * @throws IllegalArgumentException if {@code text} is not of that form. It names the condition.
     */
    static LogFilter parse(String text) {
        return FiltersKt.logFilterOf(text);
    }

    /** The entrypoint that entries must have; empty for any. */
    Optional<String> entrypoint();

    /** The statuses of which entries must have one; empty for any. The set cannot be changed. */
    Set<JobStatus> statuses();

    /** The priority that entries must have; empty for any. */
    OptionalInt priority();

    /** The type of the exception that entries must have a record of; empty for any. */
    Optional<String> failure();

    /** Requires an entrypoint. */
    LogFilter withEntrypoint(String entrypoint);

    /** Requires one of these statuses; any if there is none. */
    LogFilter withStatuses(Collection<JobStatus> statuses);

    /** Requires a priority. */
    LogFilter withPriority(int priority);

    /** Requires the record of an exception of this type, as {@code java.io.IOException} or {@code IOException}. */
    LogFilter withFailure(String failure);
}
