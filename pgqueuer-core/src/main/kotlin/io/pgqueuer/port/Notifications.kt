package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import kotlinx.coroutines.flow.Flow

/** Tells workers about changes that others have made. */
@PgQueuerSpi
public interface Notifications {
    /**
     * Listens while it is collected, and never completes.
     *
     * Emits [Signal.Listening] each time it begins to receive events, at the start and after every reconnect. Events
     * before that may have been missed. All listeners of a store receive the changes of the queue in the same order.
     *
     * It reconnects for ever, with backoff. Cancel the collector to end it.
     */
    public fun listen(): Flow<Signal>

    /** Sends [event] to all listeners. */
    public suspend fun publish(event: QueueEvent)
}

/** What a listener reports. */
@PgQueuerSpi
public sealed interface Signal {
    /** Events are received from now on. */
    public data object Listening : Signal

    /** Events are not received, because of [cause]. A reconnect is under way. */
    public class Interrupted(
        public val cause: Throwable,
    ) : Signal

    /**
     * An event arrived.
     *
     * @property id identifies a [QueueEvent.TableChanged]: all listeners of a store receive it with the same id, and no
     * other with that id. Null (default) if it is not known. Then every idle worker claims.
     */
    public class Received(
        public val event: QueueEvent,
        public val id: String? = null,
    ) : Signal
}
