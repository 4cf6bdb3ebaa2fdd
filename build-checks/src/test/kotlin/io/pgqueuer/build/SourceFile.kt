package io.pgqueuer.build

import java.nio.file.Path
import kotlin.io.path.name
import kotlin.io.path.readLines

/** What a Kotlin source file says of itself and of others. */
internal class SourceFile(
    path: Path,
) {
    private val lines = path.readLines()

    val fileName: String = path.name

    val packageName: String = lines.firstNotNullOfOrNull { PACKAGE.find(it) }?.groupValues?.get(1).orEmpty()

    val imports: List<String> = lines.mapNotNull { IMPORT.find(it)?.groupValues?.get(1) }

    private companion object {
        val PACKAGE = Regex("""^package ([\w.]+)""")
        val IMPORT = Regex("""^import ([\w.]+)""")
    }
}
