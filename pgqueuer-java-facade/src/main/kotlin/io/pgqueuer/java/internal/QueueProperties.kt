package io.pgqueuer.java.internal

import io.pgqueuer.java.Durability
import io.pgqueuer.java.LogLevel
import io.pgqueuer.java.QueueProperties
import io.pgqueuer.Durability as CoreDurability
import io.pgqueuer.LogLevel as CoreLogLevel
import io.pgqueuer.QueueProperties as CoreQueueProperties

internal fun defaultProperties(): QueueProperties = CoreQueueProperties.DEFAULT.toJava()

internal fun CoreQueueProperties.toJava(): QueueProperties = JavaQueueProperties(this)

internal fun QueueProperties.toCore(): CoreQueueProperties = requireNotNull(this as? JavaQueueProperties) {
    "properties must be made from QueueProperties.DEFAULT, were a ${javaClass.name}"
}.core

private data class JavaQueueProperties(
    val core: CoreQueueProperties,
) : QueueProperties {
    override fun durability() = Durability.valueOf(core.durability.name)

    override fun logLevel() = core.logLevel.toJava()

    override fun notifications() = core.notifications

    override fun withDurability(durability: Durability) = required("durability" to durability) {
        JavaQueueProperties(core.with { this.durability = CoreDurability.valueOf(durability.name) })
    }

    override fun withLogLevel(logLevel: LogLevel) = required("logLevel" to logLevel) {
        JavaQueueProperties(core.with { this.logLevel = CoreLogLevel.valueOf(logLevel.name) })
    }

    override fun withNotifications(notifications: Boolean) =
        JavaQueueProperties(core.with { this.notifications = notifications })

    override fun toString() = core.toString()
}

internal fun CoreLogLevel.toJava() = LogLevel.valueOf(name)
