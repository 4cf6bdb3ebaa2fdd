package io.pgqueuer.cli

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.Worker
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.milliseconds

/** The workers that tests start by `pgq run`. */
fun echoing(backend: Backend): Worker = backend.worker {
    entrypoint("echo") { println("job ${it.id}: ${it.payload?.decodeToString()}") }
}

fun echoingWithArguments(backend: Backend, arguments: List<String>): Worker = backend.worker {
    entrypoint("echo") { println("$arguments") }
}

/** Its jobs print that they run, and end after a while. */
fun slow(backend: Backend): Worker = backend.worker {
    entrypoint("slow") {
        println("started")
        delay(500.milliseconds)
        println("ended")
    }
}

/** Its jobs print that they run, and end only if they are cancelled. */
fun endless(backend: Backend): Worker = backend.worker {
    entrypoint("endless") {
        println("started")
        awaitCancellation()
    }
}

fun counting(backend: Backend): Worker = backend.worker { entrypoint("count") { } }

fun failing(backend: Backend): Worker = error("no mail server for $backend")

fun wrongParameters(name: String): Worker = error(name)

fun wrongResult(backend: Backend): String = backend.toString()

fun nothing(@Suppress("UNUSED_PARAMETER") backend: Backend): Worker? = null

/** Its jobs fail and are held. */
fun holding(backend: Backend): Worker = backend.worker {
    entrypoint("breaks", { onFailure = OnFailure.HOLD }) { error("broken\nin two lines") }
}
