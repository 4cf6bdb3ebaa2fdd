package io.pgqueuer.engine.claiming

import kotlinx.coroutines.delay
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Shares the slots of limited entrypoints with other workers.
 *
 * A claim that writes the ends of jobs keeps their slots in one step, and others never find them free. So a worker does
 * that for a turn only. Then it frees a slot, and looks for jobs only after a pause in which others can take it.
 *
 * A turn lasts as long as the worker has waited for it, within bounds. So beside workers that never pause, as Python's,
 * a worker that seldom gets a slot has it for long.
 *
 * @param freed how many slots this worker has left, or is about to leave, to everybody.
 */
internal class Turn(
    private val time: TimeSource,
    private val freed: () -> Long,
) {
    private var waitingSince: TimeMark? = null
    private var length = SHORTEST
    private var began: TimeMark? = null

    /** How many slots had been freed when the turn was over. */
    private var freedBefore: Long? = null

    /** This worker wants a slot, and has none. */
    fun isAwaited() {
        if (waitingSince == null) waitingSince = time.markNow()
    }

    /** This worker keeps slots. */
    fun goesOn() {
        if (began == null) {
            began = time.markNow()
            length = (waitingSince?.elapsedNow() ?: Duration.ZERO).coerceIn(SHORTEST, LONGEST)
        }
        waitingSince = null
    }

    fun isOver(): Boolean {
        if (freedBefore == null && began?.let { it.elapsedNow() >= length } == true) freedBefore = freed()
        return freedBefore != null
    }

    /** Pauses if the turn is over and a slot was freed since then. */
    suspend fun giveWay() {
        if (freed() == (freedBefore ?: return)) return
        delay(PAUSE)
        began = null
        freedBefore = null
    }

    private companion object {
        val SHORTEST = 1.seconds
        val LONGEST = 10.seconds

        /** Enough for others to be notified and to claim. */
        val PAUSE = 20.milliseconds
    }
}
