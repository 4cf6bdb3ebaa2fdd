package io.pgqueuer.cli.demo

import io.pgqueuer.cli.CommandException
import java.io.IOException
import java.nio.file.FileVisitResult
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.SimpleFileVisitor
import java.nio.file.attribute.BasicFileAttributes
import kotlin.io.path.isDirectory
import kotlin.io.path.isReadable
import kotlin.io.path.isRegularFile
import kotlin.io.path.name

/** Folders that tools fill. */
internal val SKIPPED_FOLDERS = setOf(".git", "target")

/**
 * The regular files at and below [root], without symbolic links and without [SKIPPED_FOLDERS]. Other file systems are
 * left out: below `/`, there are files in `/proc` that do not end.
 *
 * @property unreadable files and folders that were left out because they cannot be read.
 */
internal class FileWalk private constructor(
    val root: Path,
    val files: List<Path>,
    val unreadable: List<Path>,
) {
    private class Visitor(
        private val root: Path,
    ) : SimpleFileVisitor<Path>() {
        val files = mutableListOf<Path>()
        val unreadable = mutableListOf<Path>()

        private val store = Files.getFileStore(root)

        override fun preVisitDirectory(dir: Path, attrs: BasicFileAttributes): FileVisitResult {
            val isSkipped = dir != root && (dir.name in SKIPPED_FOLDERS || Files.getFileStore(dir) != store)
            return if (isSkipped) FileVisitResult.SKIP_SUBTREE else FileVisitResult.CONTINUE
        }

        override fun visitFile(file: Path, attrs: BasicFileAttributes): FileVisitResult {
            if (attrs.isRegularFile) (if (file.isReadable()) files else unreadable).add(file)
            return FileVisitResult.CONTINUE
        }

        override fun visitFileFailed(file: Path, exc: IOException): FileVisitResult {
            unreadable.add(file)
            return FileVisitResult.CONTINUE
        }

        override fun postVisitDirectory(dir: Path, exc: IOException?): FileVisitResult {
            if (exc != null) unreadable.add(dir)
            return FileVisitResult.CONTINUE
        }
    }

    companion object {
        /** @throws CommandException if [path] is neither a file nor a folder. */
        fun of(path: Path): FileWalk {
            if (!path.isDirectory() && !path.isRegularFile()) {
                throw CommandException("'$path' is neither a file nor a folder; name one that exists")
            }
            val root = path.toRealPath()
            val visitor = Visitor(root)
            Files.walkFileTree(root, visitor)
            return FileWalk(root, visitor.files, visitor.unreadable)
        }
    }
}
