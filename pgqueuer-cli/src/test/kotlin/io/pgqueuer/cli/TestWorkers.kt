package io.pgqueuer.cli

import io.pgqueuer.Worker
import io.pgqueuer.Backend
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.milliseconds

/** What the tests have `pgq run` start. */
fun echoing(backend: Backend): Worker = backend.worker {
    entrypoint("echo") { println("job ${it.id}: ${it.payload?.decodeToString()}") }
}

fun echoingWithArguments(backend: Backend, arguments: List<String>): Worker = backend.worker {
    entrypoint("echo") { println("$arguments") }
}

/** Its jobs say that they run, and then take a while to end. */
fun slow(backend: Backend): Worker = backend.worker {
    entrypoint("slow") {
        println("started")
        delay(500.milliseconds)
        println("ended")
    }
}

/** Its jobs say that they run, and never end by themselves. */
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
