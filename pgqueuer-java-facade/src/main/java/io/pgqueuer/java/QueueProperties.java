package io.pgqueuer.java;

import io.pgqueuer.java.internal.QueuePropertiesKt;

/**
 * Properties of a queue that apply to everyone who uses it. They are kept with the queue, in the store.
 *
 * <pre>{@code
 * backend.schema().install(QueueProperties.DEFAULT.withLogLevel(LogLevel.TERMINAL))
 * }</pre>
 *
 * <p>They cannot be changed; each {@code with…} returns a copy.
 *
 * <p>Implemented by this library only. Methods may be added in any release.
 */
public interface QueueProperties {
    /** {@link Durability#DURABLE}, {@link LogLevel#FULL}, with notifications. */
    QueueProperties DEFAULT = QueuePropertiesKt.defaultProperties();

    /** What survives a crash of the database server; default {@link Durability#DURABLE}. */
    Durability durability();

    /** What the log keeps; default {@link LogLevel#FULL}. */
    LogLevel logLevel();

    /**
     * Whether an enqueue wakes idle workers, and the end of a job wakes those who wait for it; default true.
     *
     * <p>Without notifications, the commits of many producers do not wait for each other. Idle workers then find jobs
     * by polling, every {@linkplain RunOptions.Builder#dequeueTimeout dequeue timeout}. Cancellations, retries and
     * requeues are notified in any case.
     */
    boolean notifications();

    /** Returns a copy with another durability. */
    QueueProperties withDurability(Durability durability);

    /** Returns a copy with another log level. */
    QueueProperties withLogLevel(LogLevel logLevel);

    /** Returns a copy with or without notifications. */
    QueueProperties withNotifications(boolean notifications);
}
