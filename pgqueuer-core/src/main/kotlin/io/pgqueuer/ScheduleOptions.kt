package io.pgqueuer

import java.time.ZoneId
import java.time.ZoneOffset

/** How a worker treats one schedule. */
public class ScheduleOptions internal constructor() : Options() {
    /**
     * The time zone in which the expression is evaluated; default UTC, which Python workers always use. It is stored when
     * a worker starts. If workers declare different zones, all use that of the worker that started last.
     */
    public var zone: ZoneId by option<ZoneId>(ZoneOffset.UTC)

    /**
     * Whether the worker, when it starts, removes other expressions under the same name, which an older version of the
     * application has registered; default false.
     */
    public var cleanOld: Boolean by option(false)
}
