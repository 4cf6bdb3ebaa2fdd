package io.pgqueuer.port

import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.engine.events.Events
import kotlinx.coroutines.flow.Flow

/** How workers hear of changes that others made. */
@PgQueuerSpi
public interface Notifications {
    /**
     * Listens while it is collected, and never completes.
     *
     * Emits [Signal.Listening] each time that it starts to hear, at first and after every reconnect: events may have
     * been missed before it. A lost connection is made anew, with backoff, for ever; cancelling the collector ends it.
     */
    public fun listen(): Flow<Signal>

    /** Sends [event] to all who listen. */
    public suspend fun publish(event: QueueEvent)
}

/** What a listener reports. */
@PgQueuerSpi
public sealed interface Signal {
    /** From now on events are heard. */
    public data object Listening : Signal

    /** Events are no longer heard because of [cause]; a reconnect is under way. */
    public class Interrupted(
        public val cause: Throwable,
    ) : Signal

    /** An event arrived. */
    public class Received(
        public val event: QueueEvent,
    ) : Signal
}
