package io.pgqueuer.cli.torture.worker

import kotlin.concurrent.thread

/** If the parent is killed, nobody stops this process: the end of its input tells. */
internal fun endWithParent() {
    thread(isDaemon = true, name = "parent") {
        while (System.`in`.read() >= 0) continue
        Runtime.getRuntime().halt(1)
    }
}
