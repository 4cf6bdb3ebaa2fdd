package io.pgqueuer.benchmarks.compare

import com.github.ajalt.clikt.core.main
import kotlin.system.exitProcess

/** Prints a table of Worker beside other queues, and ends the process, whatever threads they leave. */
fun main(args: Array<String>) {
    try {
        CompareCommand().main(args)
    } catch (e: Exception) {
        e.printStackTrace()
        exitProcess(1)
    }
    exitProcess(0)
}
