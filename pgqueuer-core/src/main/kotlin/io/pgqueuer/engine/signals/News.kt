package io.pgqueuer.engine.signals

import io.pgqueuer.port.QueueEvent

/** What a listener heard that makes the fetcher claim, or spares it a claim. The order of news matters. */
internal sealed interface News {
    /** Jobs may have become claimable, says the notification [id]. */
    class Changed(
        val id: String,
    ) : News

    /** Another worker, or this one, has claimed. */
    class NothingDue(
        val event: QueueEvent.NothingDue,
    ) : News

    /** Jobs may have become claimable. Earlier changes may have been missed. */
    data object Unknown : News
}
