package io.pgqueuer.java.internal

import io.pgqueuer.java.PauseOptions
import java.time.Duration
import java.time.Instant
import java.util.function.Consumer
import kotlin.time.toKotlinDuration
import kotlin.time.toKotlinInstant
import io.pgqueuer.PauseOptions as CorePauseOptions

/** Sets options on [core] while they are open. */
private class JavaPauseOptions(
    private val core: CorePauseOptions,
) : PauseOptions {
    override fun until(until: Instant) = required("until" to until) {
        apply { core.until = until.toKotlinInstant() }
    }

    override fun duration(duration: Duration) = required("duration" to duration) {
        apply { core.duration = duration.toKotlinDuration() }
    }

    override fun reason(reason: String) = required("reason" to reason) { apply { core.reason = reason } }
}

/** Sets what [options] set. */
internal fun CorePauseOptions.setBy(options: Consumer<PauseOptions>) {
    options.accept(JavaPauseOptions(this))
}
