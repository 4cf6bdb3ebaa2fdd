package io.pgqueuer.cli

import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.isDirectory
import kotlin.io.path.listDirectoryEntries

private const val ALL_JARS = "*"

/**
 * Opens [classPath], each text of it one or more places with the system's separator between, as `java -cp` reads them:
 * folders, jars, and `folder/` with `*` for the jars of a folder. The command's own classes come first, so that the
 * user's and its Worker are one.
 *
 * @throws CommandException naming the first place that is not there.
 */
internal fun classLoader(classPath: List<String>): URLClassLoader {
    val urls = classPath.flatMap { it.split(File.pathSeparator) }.filter(String::isNotEmpty)
        .flatMap(::places)
        .map { it.toUri().toURL() }
    return URLClassLoader(urls.toTypedArray(), WorkerFactory::class.java.classLoader)
}

private fun places(entry: String): List<Path> = if (entry == ALL_JARS || entry.endsWith(File.separator + ALL_JARS)) {
    val folder = Path.of(entry.removeSuffix(ALL_JARS).ifEmpty { "." })
    if (!folder.isDirectory()) {
        throw CommandException(
            "class path entry '$entry': '$folder' is no folder; build it first",
        )
    }
    folder.listDirectoryEntries("*.jar").sorted()
} else {
    val place = Path.of(entry)
    if (!place.exists()) throw CommandException("class path entry '$entry' is not there; build it first")
    listOf(place)
}
