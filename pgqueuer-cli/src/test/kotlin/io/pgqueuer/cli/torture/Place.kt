package io.pgqueuer.cli.torture

import io.pgqueuer.cli.PgqProcess
import java.nio.file.Path
import kotlin.io.path.Path

/** The processes whose command line names [place]. */
internal fun processesAt(place: Path): List<String> =
    ProcessHandle.allProcesses().toList().map { it.info().commandLine().orElse("") }.filter { "$place/" in it }

/** The folder of a torture or a soak: the command lines of its processes name it. */
internal fun PgqProcess.place(): Path = descendants()
    .firstNotNullOf {
        Regex("[^\\s=]*/pgqueuer-(torture|soak)[^/]*").find(it.info().commandLine().orElse(""))?.value
    }
    .let(::Path)
