package io.pgqueuer.cli

import java.nio.file.Path
import kotlin.concurrent.thread
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.createTempDirectory
import kotlin.io.path.deleteRecursively

/** A folder of its own, with what is put into it removed when the tests end. */
@OptIn(ExperimentalPathApi::class)
internal fun temporaryFolder(name: String): Path = createTempDirectory(name).toRealPath().also { folder ->
    Runtime.getRuntime().addShutdownHook(thread(start = false) { folder.deleteRecursively() })
}
