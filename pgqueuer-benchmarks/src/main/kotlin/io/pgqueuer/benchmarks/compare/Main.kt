package io.pgqueuer.benchmarks.compare

import com.github.ajalt.clikt.core.main
import kotlin.system.exitProcess

/** Prints a table that compares PgQueuer with other queues, and ends the process even if they leave threads. */
fun main(args: Array<String>) {
    try {
        CompareCommand().main(args)
    } catch (e: Exception) {
        e.printStackTrace()
        exitProcess(1)
    }
    exitProcess(0)
}
