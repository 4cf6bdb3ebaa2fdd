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
     * Does what {@code mode} says, for an application that starts. It can be called by many processes at the same time.
     * The role of the connection needs the rights to create or change the objects only if there is something to create or
     * change.
     *
     * @return the warnings of {@link #verify}, for the log of the application; empty with {@link SchemaMode#NONE}. Fails
     *     with a {@link SchemaException} if something is missing or wrong that {@code mode} does not repair.
     */
    CompletableFuture<List<SchemaDifference>> prepare(SchemaMode mode);

    /**
     * Returns the properties of the queue.
     *
     * @return fails with a {@link SchemaException} as {@link #verify} does.
     */
    CompletableFuture<QueueProperties> properties();

    /**
     * Sets the properties of the queue, for everyone who uses it, from their next statement on. It makes the steps of
     * {@link #changePlan}, in one transaction, and does nothing if there are none. Another durability rewrites tables,
     * and locks them while it does.
     *
     * @return fails with a {@link SchemaException} as {@link #verify} does; nothing is changed then.
     */
    CompletableFuture<@Nullable Void> change(QueueProperties properties);

    /**
     * Returns what {@link #change} would do now, in order; empty if there is nothing to do. It changes nothing.
     *
     * @return fails with a {@link SchemaException} as {@link #verify} does.
     */
    CompletableFuture<List<UpgradeStep>> changePlan(QueueProperties properties);

    /** As {@link #upgrade(PythonIndexes)}; leaves the indexes of Python PgQueuer's statements as they are. */
    default CompletableFuture<@Nullable Void> upgrade() {
        return upgrade(PythonIndexes.KEEP);
    }

    /**
     * Changes what an older version, or Python PgQueuer 1.0 or later, has installed into what this version needs. Jobs
     * are kept. It makes the steps of {@link #upgradePlan}, in one transaction, and does nothing if there are none.
     *
     * <p>Tables are locked until it is done: each step names its {@link UpgradeStep#locks locks}. A step that
     * {@link UpgradeStep#rewrites rewrites} a table takes long if the table is large. Calls at the same time wait for
     * each other, also in other processes.
     *
     * @param pythonIndexes what to do about the indexes that only the statements of Python PgQueuer use.
     * @return fails with a {@link SchemaException} if nothing is there, or if something is missing or wrong that an
     *     upgrade cannot fix; nothing is changed then.
     */
    CompletableFuture<@Nullable Void> upgrade(PythonIndexes pythonIndexes);

    /** As {@link #upgradePlan(PythonIndexes)}, for {@link #upgrade()}. */
    default CompletableFuture<List<UpgradeStep>> upgradePlan() {
        return upgradePlan(PythonIndexes.KEEP);
    }

    /**
     * Returns what {@link #upgrade(PythonIndexes)} would do now, in order; empty if there is nothing to do. It changes
     * nothing.
     *
     * @return fails with a {@link SchemaException} as {@link #upgrade(PythonIndexes)} does.
     */
    CompletableFuture<List<UpgradeStep>> upgradePlan(PythonIndexes pythonIndexes);

    /** Removes all of it, with all jobs. Does nothing if none of it is there. */
    CompletableFuture<@Nullable Void> uninstall();

    /**
     * Compares all of it with what this version installs: columns with their types and defaults, indexes with their
     * definitions, functions with their bodies, and the trigger. It changes nothing.
     *
     * @return the warnings: differences with which the queue works. Usually empty. Fails with a {@link SchemaException}
     *     if there is an error: something is missing or wrong. {@link ExceptionDetails#differences} returns all
     *     differences, each with what repairs it.
     */
    CompletableFuture<List<SchemaDifference>> verify();

    /**
     * Checks that none of it is there.
     *
     * @return fails with a {@link SchemaException} that names what is there and the command that removes it.
     */
    CompletableFuture<@Nullable Void> verifyAbsent();
}
