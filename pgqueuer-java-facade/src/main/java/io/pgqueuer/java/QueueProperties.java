package io.pgqueuer.java;

import java.util.Objects;

/**
 * What is agreed on a queue, for all who use it. It is kept with the queue, in the store.
 *
 * @param durability what survives a crash of the database server
 * @param logLevel what the log keeps
 * @param notifications whether an enqueue wakes idle workers, and an end who waits for it. Without it, commits of many
 *     producers do not wait for each other, and jobs are found when workers look: each
 *     {@linkplain RunOptions#dequeueTimeout() dequeue timeout}. Cancellations, retries and requeues are told of in any
 *     case.
 */
public record QueueProperties(Durability durability, LogLevel logLevel, boolean notifications) {
    /** Refuses null. */
    public QueueProperties {
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(logLevel, "logLevel");
    }

    /** {@link Durability#DURABLE}, {@link LogLevel#FULL}, with notifications. */
    public static final QueueProperties DEFAULT = new QueueProperties(Durability.DURABLE, LogLevel.FULL, true);

    /** Returns these with another durability. */
    public QueueProperties withDurability(Durability durability) {
        return new QueueProperties(durability, logLevel, notifications);
    }

    /** Returns these with another log level. */
    public QueueProperties withLogLevel(LogLevel logLevel) {
        return new QueueProperties(durability, logLevel, notifications);
    }

    /** Returns these with or without notifications. */
    public QueueProperties withNotifications(boolean notifications) {
        return new QueueProperties(durability, logLevel, notifications);
    }
}
