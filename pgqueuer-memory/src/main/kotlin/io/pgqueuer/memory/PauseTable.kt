package io.pgqueuer.memory

import io.pgqueuer.Pause
import kotlin.time.Instant

/** What is paused. The key null stands for the whole queue. */
internal class PauseTable {
    private val byEntrypoint = HashMap<String?, Pause>()

    val size: Int get() = byEntrypoint.size

    fun put(entrypoint: String?, until: Instant?, reason: String?, now: Instant): Pause {
        byEntrypoint.values.removeIf { !it.isInEffect(now) }
        val pause = Pause(entrypoint, byEntrypoint[entrypoint]?.since ?: now, until, reason)
        byEntrypoint[entrypoint] = pause
        return pause
    }

    /** Returns whether there was one in effect. */
    fun remove(entrypoint: String?, now: Instant): Boolean = byEntrypoint.remove(entrypoint)?.isInEffect(now) == true

    fun inEffect(now: Instant): List<Pause> =
        byEntrypoint.values.filter { it.isInEffect(now) }.sortedBy { it.entrypoint.orEmpty() }

    /** The pauses in effect that keep jobs of [entrypoint] from running. */
    fun of(entrypoint: String, now: Instant): List<Pause> =
        if (byEntrypoint.isEmpty()) emptyList() else listOfNotNull(inEffect(null, now), inEffect(entrypoint, now))

    private fun inEffect(entrypoint: String?, now: Instant) = byEntrypoint[entrypoint]?.takeIf { it.isInEffect(now) }

    private fun Pause.isInEffect(now: Instant) = until.let { it == null || it > now }
}
