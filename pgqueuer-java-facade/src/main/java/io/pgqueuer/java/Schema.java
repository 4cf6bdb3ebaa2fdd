package io.pgqueuer.java;

import io.pgqueuer.SchemaException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The objects in the store that the queue needs. Implemented by this library; more methods may come. */
public interface Schema {
    /** Creates what the queue needs, {@link QueueProperties#DEFAULT}. A no-op where all of it is there. */
    default CompletableFuture<@Nullable Void> install() {
        return install(QueueProperties.DEFAULT);
    }

    /**
     * Creates what the queue needs, with {@code properties}. A no-op where all of it is there, whatever its properties.
     *
     * @return fails with a {@link SchemaException} if a part of it is there and not as expected; nothing is changed.
     */
    CompletableFuture<@Nullable Void> install(QueueProperties properties);

    /**
     * Reads what was agreed on for this queue.
     *
     * @return fails with a {@link SchemaException} as that of {@link #verify} does.
     */
    CompletableFuture<QueueProperties> properties();

    /**
     * Agrees on {@code properties} for all who use the queue, from their next statement on. Changes what differs alone;
     * another durability rewrites tables, and locks them as long.
     *
     * @return fails with a {@link SchemaException} as that of {@link #verify} does; nothing is changed.
     */
    CompletableFuture<@Nullable Void> change(QueueProperties properties);

    /**
     * Adds what this version needs to what an older one, or Python PgQueuer, installed; jobs are kept.
     *
     * @return fails with a {@link SchemaException} if nothing is there, or more is missing than an upgrade adds.
     */
    CompletableFuture<@Nullable Void> upgrade();

    /** Removes all of it with all jobs. A no-op where none of it is there. */
    CompletableFuture<@Nullable Void> uninstall();

    /**
     * Checks that all of it is there.
     *
     * @return fails with a {@link SchemaException} naming what is missing and the command that mends it.
     */
    CompletableFuture<@Nullable Void> verify();

    /**
     * Checks that none of it is there.
     *
     * @return fails with a {@link SchemaException} naming what is there.
     */
    CompletableFuture<@Nullable Void> verifyAbsent();
}
