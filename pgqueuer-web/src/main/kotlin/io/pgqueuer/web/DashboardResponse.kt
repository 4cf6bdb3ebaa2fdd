package io.pgqueuer.web

import kotlinx.coroutines.flow.Flow

/**
 * What a [Dashboard] answers. An adapter sends it.
 *
 * @property status the HTTP status.
 * @property headers names and values, `Content-Type` included.
 */
public class DashboardResponse internal constructor(
    public val status: Int,
    public val headers: Map<String, String>,
    public val body: Body,
) {
    /** The body of a response. */
    public sealed interface Body {
        /** A body that is known as a whole. */
        public class Bytes internal constructor(
            public val bytes: ByteArray,
        ) : Body

        /** Server-sent events: the adapter sends each text as it is, and flushes, until the browser has gone. */
        public class Events internal constructor(
            public val texts: Flow<String>,
        ) : Body
    }
}
