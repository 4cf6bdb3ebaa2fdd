package io.pgqueuer.cli.demo

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.JobId
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.temporaryFolder
import java.nio.file.Path
import kotlin.io.path.Path
import kotlin.io.path.createParentDirectories
import kotlin.io.path.createSymbolicLinkPointingTo
import kotlin.io.path.createTempFile
import kotlin.io.path.deleteExisting
import kotlin.io.path.isDirectory
import kotlin.io.path.writeText
import kotlin.time.Duration

class FileCheckSpec : FunSpec({
    test("a walk finds regular files, without links and the folders of tools") {
        val root = temporaryFolder("walk")
        listOf("a/b/one", "target", "a/.gitignore", "a/target/out", ".git/config").forEach {
            root.resolve(it).createParentDirectories().writeText(it)
        }
        root.resolve("link").createSymbolicLinkPointingTo(root.resolve("a/b/one"))
        root.resolve("loop").createSymbolicLinkPointingTo(root)

        FileWalk.of(root).files.map { root.relativize(it).toString() } shouldContainExactlyInAnyOrder
            listOf("a/b/one", "target", "a/.gitignore")
        FileWalk.of(root.resolve("a/target")).files shouldHaveSize 1
        FileWalk.of(root.resolve("link")).files shouldContainExactly listOf(root.resolve("a/b/one"))
        shouldThrow<CommandException> { FileWalk.of(root.resolve("nothing")) }.message shouldContain "nothing"
    }

    test("a walk stays in its file system").config(enabledIf = { Path("/dev/shm").isDirectory() }) {
        val other = createTempFile(Path("/dev/shm"), "pgqueuer")
        try {
            FileWalk.of(Path("/dev")).files shouldNotContain other
            FileWalk.of(Path("/dev/shm")).files shouldContain other
        } finally {
            other.deleteExisting()
        }
    }

    test("rows that agree with the files have no differences, and each kind of difference is reported") {
        val root = temporaryFolder("check")
        val files = listOf("one", "three", "two").map { name -> root.resolve(name).apply { writeText("$name\n") } }
        val rows = files.map { row(it, FileFacts.of(it)) }

        differences(root, rows).shouldBeEmpty()
        differences(root, rows.drop(1)).single() shouldContain "one: there is no row for it"
        differences(root, rows + rows.last()).single() shouldContain "two: there are 2 rows for it"
        differences(root, rows + row(Path("/gone"), null)).single() shouldContain "/gone: there is a row for it, but no"
        val tampered = rows.first().copy(facts = rows.first().facts?.copy(words = 2))
        differences(root, rows.drop(1) + tampered).single() shouldContain "one: the row says FileFacts(sha256="
        files.first().writeText("other\n")
        differences(root, rows) shouldHaveSize 1
        files.first().deleteExisting()
        differences(root, rows).single() shouldContain "one: there is a row for it, but no such file"
    }
})

private fun row(file: Path, facts: FileFacts?) =
    FileRow(JobId(1), file.toUri().toString(), facts, attempt = 1, waited = Duration.ZERO)
