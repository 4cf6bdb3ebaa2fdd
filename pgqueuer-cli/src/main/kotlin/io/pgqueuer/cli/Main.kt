package io.pgqueuer.cli

import kotlinx.coroutines.runBlocking
import kotlin.system.exitProcess

/** Runs the `pgq` command, and ends the process with its exit code; see [ExitCode]. */
fun main(args: Array<String>) {
    exitProcess(runBlocking { Pgq.run(args.asList()) })
}
