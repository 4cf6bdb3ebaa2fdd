package io.pgqueuer.java;

import io.pgqueuer.SchemaException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Installs, upgrades and checks the objects in the store that the queue needs.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface SchemaManager {
    /** Creates what the queue needs, with {@link QueueProperties#DEFAULT}; see {@link #install(QueueProperties)}. */
    default CompletableFuture<@Nullable Void> install() {
        return install(QueueProperties.DEFAULT);
    }

    /**
     * Creates what the queue needs, with {@code properties}. Does nothing if all of it is there, whatever its
     * properties.
     *
     * @return fails with a {@link SchemaException} if a part of it is there and not as expected; nothing is changed
     *     then.
     */
    CompletableFuture<@Nullable Void> install(QueueProperties properties);

    /**
     * Returns the properties of the queue.
     *
     * @return fails with a {@link SchemaException} as {@link #verify} does.
     */
    CompletableFuture<QueueProperties> properties();

    /**
     * Sets the properties of the queue, for everyone who uses it, from their next statement on. It changes only what
     * differs. Another durability rewrites tables, and locks them while it does.
     *
     * @return fails with a {@link SchemaException} as {@link #verify} does; nothing is changed then.
     */
    CompletableFuture<@Nullable Void> change(QueueProperties properties);

    /**
     * Adds what this version needs to what an older version, or Python PgQueuer, installed. Jobs are kept. Does nothing
     * if all of it is there.
     *
     * @return fails with a {@link SchemaException} if nothing is there, or if more is missing than an upgrade adds;
     *     nothing is changed then.
     */
    CompletableFuture<@Nullable Void> upgrade();

    /** Removes all of it, with all jobs. Does nothing if none of it is there. */
    CompletableFuture<@Nullable Void> uninstall();

    /**
     * Checks that all of it is there.
     *
     * @return fails with a {@link SchemaException} that names what is missing and the command that adds it.
     */
    CompletableFuture<@Nullable Void> verify();

    /**
     * Checks that none of it is there.
     *
     * @return fails with a {@link SchemaException} that names what is there and the command that removes it.
     */
    CompletableFuture<@Nullable Void> verifyAbsent();
}
