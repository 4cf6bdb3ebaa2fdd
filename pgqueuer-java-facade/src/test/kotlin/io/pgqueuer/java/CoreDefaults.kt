package io.pgqueuer.java

import io.pgqueuer.RunOptions

/** Core's default options, whose constructor Java cannot call. */
object CoreDefaults {
    @JvmStatic
    fun runOptions() = RunOptions()
}
