package io.pgqueuer.cli.run

import io.pgqueuer.cli.CommandException
import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.isDirectory
import kotlin.io.path.listDirectoryEntries

private const val ALL_JARS = "*"

/**
 * Opens [classPath], whose entries have the form that `java -cp` takes: folders, jars, and `folder/` with `*` for the jars
 * of a folder, with the system's separator between them.
 *
 * The command's own classes come first, so that `Worker` is the same class in the command and in the user's code.
 *
 * @throws CommandException naming the first entry that does not exist.
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
        throw CommandException("class path entry '$entry': '$folder' is not a folder; build it first")
    }
    folder.listDirectoryEntries("*.jar").sorted()
} else {
    val place = Path.of(entry)
    if (!place.exists()) throw CommandException("class path entry '$entry' does not exist; build it first")
    listOf(place)
}
