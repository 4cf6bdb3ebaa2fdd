package io.pgqueuer.java;

import io.pgqueuer.SchemaException;
import java.util.List;
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

    /** As {@link #upgrade(boolean)}; leaves the indexes of Python PgQueuer's statements as they are. */
    default CompletableFuture<@Nullable Void> upgrade() {
        return upgrade(false);
    }

    /**
     * Changes what an older version, or Python PgQueuer 1.0 or later, has installed into what this version needs. Jobs
     * are kept. It makes the steps of {@link #upgradePlan}, in one transaction, and does nothing if there are none.
     *
     * <p>Tables are locked until it is done. A step that {@link UpgradeStep#rewrites rewrites} a table takes long if
     * the table is large.
     *
     * @param pythonIndexes whether to add the indexes that only the statements of Python PgQueuer use. Python's workers
     *     need them beside long queues, and all workers pay for them.
     * @return fails with a {@link SchemaException} if nothing is there, or if something is missing or wrong that an
     *     upgrade cannot fix; nothing is changed then.
     */
    CompletableFuture<@Nullable Void> upgrade(boolean pythonIndexes);

    /** As {@link #upgradePlan(boolean)}, for {@link #upgrade()}. */
    default CompletableFuture<List<UpgradeStep>> upgradePlan() {
        return upgradePlan(false);
    }

    /**
     * Returns what {@link #upgrade(boolean)} would do now, in order; empty if there is nothing to do. It changes
     * nothing.
     *
     * @return fails with a {@link SchemaException} as {@link #upgrade(boolean)} does.
     */
    CompletableFuture<List<UpgradeStep>> upgradePlan(boolean pythonIndexes);

    /**
     * Drops the indexes that only the statements of Python PgQueuer use, whoever created them. Does nothing if there is
     * none.
     *
     * @return fails with a {@link SchemaException} as {@link #verify} does; nothing is changed then.
     */
    CompletableFuture<@Nullable Void> removePythonIndexes();

    /** Removes all of it, with all jobs. Does nothing if none of it is there. */
    CompletableFuture<@Nullable Void> uninstall();

    /**
     * Checks that all of it is there, and that columns have their types.
     *
     * @return warnings: what works, but not as an install makes it, with the command that changes it. Usually empty.
     *     Fails with a {@link SchemaException} that names what is missing or wrong, and the command that fixes it.
     */
    CompletableFuture<List<String>> verify();

    /**
     * Checks that none of it is there.
     *
     * @return fails with a {@link SchemaException} that names what is there and the command that removes it.
     */
    CompletableFuture<@Nullable Void> verifyAbsent();
}
