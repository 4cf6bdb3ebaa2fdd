package io.pgqueuer

import kotlin.time.Duration
import kotlin.time.Instant

/**
 * A pause: no worker of this library starts a job of [entrypoint], or of the whole queue, until it ends.
 *
 * See [JobQueue.pause].
 *
 * @property entrypoint what is paused; null for the whole queue.
 * @property since when the pause began, by the store's clock.
 * @property until when the pause ends by itself, by the store's clock; null if it lasts until somebody resumes it.
 * @property reason why, for those who look at the queue; null if nobody said.
 */
public data class Pause(
    val entrypoint: String?,
    val since: Instant,
    val until: Instant?,
    val reason: String?,
)

/** How long a pause lasts, and why: `queue.pause("mail") { duration = 2.hours; reason = "the provider is down" }`. */
public class PauseOptions internal constructor() : Options() {
    /**
     * When the pause ends by itself, by the store's clock: in the future, and before the year 10000; null (default) if it
     * lasts until somebody resumes it. Set this or [duration], not both.
     */
    public var until: Instant? by option(null, "in the future, at most ${NewJob.LATEST}") {
        it == null || it in NewJob.EARLIEST..NewJob.LATEST
    }

    /**
     * After which time the pause ends by itself: more than 0, at most 100 years; null (default) if it lasts until somebody
     * resumes it.
     */
    public var duration: Duration? by option(null, "> 0 and at most ${NewJob.MAX_DELAY}") {
        it == null || (it.isPositive() && it <= NewJob.MAX_DELAY)
    }

    /** Why, for those who look at the queue: not blank, at most 500 characters; null (default) for none. */
    public var reason: String? by option(null, "a text of 1 to $MAX_REASON_LENGTH characters, without NUL") {
        it == null || (it.isNotBlank() && it.length <= MAX_REASON_LENGTH && it.isStorable())
    }

    override fun check() {
        require(until == null || duration == null) {
            "set until or duration, not both: until $until, duration $duration"
        }
    }

    /**
     * Returns when a pause that begins [now], by the store's clock, ends by itself; null if it does not.
     *
     * @throws IllegalArgumentException if that is not in the future.
     */
    @PgQueuerSpi
    public fun endFrom(now: Instant): Instant? = duration?.let { now + it } ?: until?.also {
        require(it > now) { "a pause must end in the future, was until $it; the store's time is $now" }
    }

    private companion object {
        const val MAX_REASON_LENGTH = 500
    }
}

/** Makes the options of a pause. */
@PgQueuerSpi
public fun PauseOptions(configure: PauseOptions.() -> Unit): PauseOptions = PauseOptions().configured(configure)
