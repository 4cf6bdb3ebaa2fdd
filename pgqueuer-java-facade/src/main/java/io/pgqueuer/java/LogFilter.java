package io.pgqueuer.java;

import io.pgqueuer.java.internal.FiltersKt;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Selects entries of the log. An entry matches if all conditions hold.
 *
 * <p>A filter cannot be changed; each {@code with…} returns a copy.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface LogFilter {
    /** Matches every entry. */
    LogFilter ALL = FiltersKt.allEntries();

    /** The entrypoint that entries must have; empty for any. */
    Optional<String> entrypoint();

    /** The statuses of which entries must have one; empty for any. The set cannot be changed. */
    Set<JobStatus> statuses();

    /** Requires an entrypoint. */
    LogFilter withEntrypoint(String entrypoint);

    /** Requires one of these statuses; any if there is none. */
    LogFilter withStatuses(Collection<JobStatus> statuses);
}
