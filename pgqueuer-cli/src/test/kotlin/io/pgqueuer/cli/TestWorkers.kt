package io.pgqueuer.cli

import io.pgqueuer.PgQueuer
import io.pgqueuer.pgQueuer
import io.pgqueuer.port.Backend
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.milliseconds

/** What the tests have `pgq run` start. */
fun echoing(backend: Backend): PgQueuer = pgQueuer(backend) {
    entrypoint("echo") { println("job ${it.id}: ${it.payload?.decodeToString()}") }
}

fun echoingWithArguments(backend: Backend, arguments: List<String>): PgQueuer = pgQueuer(backend) {
    entrypoint("echo") { println("$arguments") }
}

/** Its jobs say that they run, and then take a while to end. */
fun slow(backend: Backend): PgQueuer = pgQueuer(backend) {
    entrypoint("slow") {
        println("started")
        delay(500.milliseconds)
        println("ended")
    }
}

/** Its jobs say that they run, and never end by themselves. */
fun endless(backend: Backend): PgQueuer = pgQueuer(backend) {
    entrypoint("endless") {
        println("started")
        awaitCancellation()
    }
}

fun counting(backend: Backend): PgQueuer = pgQueuer(backend) { entrypoint("count") { } }

fun failing(backend: Backend): PgQueuer = error("no mail server for $backend")

fun wrongParameters(name: String): PgQueuer = error(name)

fun wrongResult(backend: Backend): String = backend.toString()

fun nothing(@Suppress("UNUSED_PARAMETER") backend: Backend): PgQueuer? = null
