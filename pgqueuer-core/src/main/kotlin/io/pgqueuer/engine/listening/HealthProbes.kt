package io.pgqueuer.engine.listening

import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.Notifications
import io.pgqueuer.port.QueueEvent
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeoutOrNull
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration

/** Sends notifications and waits for them to come back through this worker's own listener. */
internal class HealthProbes(
    private val notifications: Notifications,
    private val runtime: EngineRuntime,
) {
    private val waiting = ConcurrentHashMap<UUID, CompletableDeferred<Unit>>()

    /** Whether a notification comes back within [timeout]. Throws what sending it throws. */
    suspend fun roundTrip(timeout: Duration): Boolean {
        val id = UUID.nameUUIDFromBytes(runtime.random.nextBytes(UUID_BYTES))
        val answer = CompletableDeferred<Unit>()
        waiting[id] = answer
        try {
            return withTimeoutOrNull(timeout) {
                notifications.publish(QueueEvent.HealthCheck(id, runtime.clock.now()))
                answer.await()
            } != null
        } finally {
            waiting.remove(id)
        }
    }

    fun heard(id: UUID) {
        waiting[id]?.complete(Unit)
    }

    private companion object {
        const val UUID_BYTES = 16
    }
}
