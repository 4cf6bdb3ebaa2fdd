package io.pgqueuer.cli.torture

/** Sends the signal SIG[name] to the process [pid], and returns whether there was such a process. */
internal fun signal(name: String, pid: Long): Boolean =
    ProcessBuilder("kill", "-$name", "$pid").redirectErrorStream(true).start().run {
        inputStream.readAllBytes()
        waitFor() == 0
    }
