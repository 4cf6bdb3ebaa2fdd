package io.pgqueuer.cli

import io.pgqueuer.Backend
import io.pgqueuer.OnFailure
import io.pgqueuer.RetryPolicy
import io.pgqueuer.Worker
import io.pgqueuer.WorkerEvent
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import java.net.URLClassLoader
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

/** Prints for each kind of user code whether its context class loader is that of the class path. */
fun tellingLoaders(backend: Backend): Worker {
    fun tell(where: String) = println("$where ${Thread.currentThread().contextClassLoader is URLClassLoader}")
    tell("factory")
    return backend.worker {
        observe { if (it is WorkerEvent.JobEnded) tell("observer") }
        entrypoint("suspending") {
            delay(1.milliseconds)
            tell("suspending")
        }
        blockingEntrypoint("blocking") { tell("blocking") }
        schedule("tick", "* * * * * *") { tell("schedule") }
    }
}

fun counting(backend: Backend): Worker = backend.worker { entrypoint("count") { } }

fun failing(backend: Backend): Worker = error("no mail server for $backend")

fun wrongParameters(name: String): Worker = error(name)

fun wrongResult(backend: Backend): String = backend.toString()

fun nothing(@Suppress("UNUSED_PARAMETER") backend: Backend): Worker? = null

/** Its jobs fail and are held. */
fun holding(backend: Backend): Worker = backend.worker {
    defaults { retry = RetryPolicy.NONE }
    entrypoint("breaks") { error("broken\nin two lines") }
}

/** Its jobs are deleted, and their failures logged. */
fun breaking(backend: Backend): Worker = backend.worker {
    defaults {
        retry = RetryPolicy.NONE
        onFailure = OnFailure.DELETE
    }
    entrypoint("breaks") { error("broken\nin two lines") }
}
