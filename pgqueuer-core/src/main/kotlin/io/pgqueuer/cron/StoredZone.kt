package io.pgqueuer.cron

import java.time.DateTimeException
import java.time.ZoneId
import java.time.ZoneOffset

/** The name of a time zone as it is stored with a schedule. */
internal object StoredZone {
    private const val UTC = "UTC"

    /** All names of UTC are one, so that workers that write it differently do not change a schedule in turn. */
    fun nameOf(zone: ZoneId): String = if (zone.normalized() == ZoneOffset.UTC) UTC else zone.id

    /** Returns null if this JVM does not know the zone. */
    fun parse(name: String): ZoneId? = try {
        ZoneId.of(name)
    } catch (_: DateTimeException) {
        null
    }
}
