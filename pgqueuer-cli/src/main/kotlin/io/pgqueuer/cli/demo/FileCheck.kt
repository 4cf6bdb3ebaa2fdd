package io.pgqueuer.cli.demo

import java.io.IOException
import java.net.URI
import java.nio.file.LinkOption.NOFOLLOW_LINKS
import java.nio.file.Path
import java.security.DigestInputStream
import java.security.MessageDigest
import kotlin.io.path.inputStream
import kotlin.io.path.isDirectory
import kotlin.io.path.isRegularFile
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name

/**
 * Reads the files below [root] again, with other code than the jobs use, and compares them with [rows]. Returns one line
 * for each difference.
 */
internal fun differences(root: Path, rows: List<FileRow>): List<String> {
    val byUri = rows.groupBy(FileRow::uri)
    val files = filesBelow(root)
    val unknown = byUri.keys - files.mapTo(mutableSetOf()) { it.toUri().toString() }
    return files.flatMap { differencesOf(it, byUri[it.toUri().toString()].orEmpty()) } +
        unknown.map { "${shown(Path.of(URI(it)))}: there is a row for it, but no such file" }
}

private fun differencesOf(file: Path, rows: List<FileRow>): List<String> {
    val expected = readAgain(file)
    return when {
        rows.size == 1 && rows.single().facts == expected -> emptyList()
        rows.isEmpty() && expected == null -> emptyList()
        rows.isEmpty() -> listOf("${shown(file)}: there is no row for it")
        rows.size > 1 -> listOf("${shown(file)}: there are ${rows.size} rows for it")
        else -> listOf("${shown(file)}: the row says ${rows.single().facts}, the file is now $expected")
    }
}

private fun filesBelow(place: Path): List<Path> = when {
    place.isRegularFile(NOFOLLOW_LINKS) -> listOf(place)
    place.isDirectory(NOFOLLOW_LINKS) -> entriesOf(place).filterNot(::isSkipped).flatMap(::filesBelow)
    else -> emptyList()
}

private fun entriesOf(folder: Path): List<Path> = try {
    folder.listDirectoryEntries()
} catch (_: IOException) {
    emptyList()
}

private fun isSkipped(entry: Path) = entry.name in SKIPPED_FOLDERS && entry.isDirectory(NOFOLLOW_LINKS)

private fun readAgain(file: Path): FileFacts? = try {
    val digest = MessageDigest.getInstance("SHA-256")
    var lines = 0L
    var words = 0L
    var bytes = 0L
    var previous = ' '
    DigestInputStream(file.inputStream(), digest).buffered().use { input ->
        generateSequence { input.read().takeIf { it >= 0 }?.toChar() }.forEach { char ->
            bytes++
            if (char == '\n') lines++
            if (previous in SPACES && char !in SPACES) words++
            previous = char
        }
    }
    FileFacts(digest.digest().joinToString("") { "%02x".format(it) }, lines, words, bytes)
} catch (_: IOException) {
    null
}

private const val SPACES = " \t\n\u000b\u000c\r"
