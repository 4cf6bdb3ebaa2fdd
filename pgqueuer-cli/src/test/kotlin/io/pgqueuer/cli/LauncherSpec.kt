package io.pgqueuer.cli

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path
import java.nio.file.attribute.FileTime
import java.time.Instant
import kotlin.io.path.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.createSymbolicLinkPointingTo
import kotlin.io.path.deleteExisting
import kotlin.io.path.name
import kotlin.io.path.readText
import kotlin.io.path.setLastModifiedTime
import kotlin.io.path.writeText
import kotlin.time.Duration.Companion.seconds

/** The launcher `pgq` in a folder of its own, with a Maven and a Java that only report that they were called. */
class LauncherSpec : FunSpec({
    test("it builds what is missing, reports that on stderr, and leaves stdout to the command") {
        val tree = LauncherTree()

        val first = tree.pgq("queue", "a b", "-x")

        first.exitCode shouldBe 0
        first.out shouldBe "command: queue|a b|-x|\n"
        first.err shouldContain "pgq: building the command"
        first.err shouldContain "maven speaks"

        val second = tree.pgq()
        second.out shouldBe "command: \n"
        second.err.shouldBeEmpty()
        tree.builds shouldBe 1
    }

    test("it builds again if a source was changed, added or removed, or a pom was changed") {
        val tree = LauncherTree()
        tree.pgq()
        val source = tree.root.resolve("pgqueuer-core/src/main/kotlin/deep/Source.kt")
        listOf<(Path) -> Unit>(
            { source.setLastModifiedTime(FileTime.from(Instant.now())) },
            { source.resolveSibling("New.kt").writeText("new") },
            { source.resolveSibling("New.kt").deleteExisting() },
            { tree.root.resolve("pgqueuer-exposed/pom.xml").writeText("<project/>") },
            { tree.root.resolve("pom.xml").writeText("<project/>") },
        ).forEachIndexed { index, change ->
            tree.age()
            change(source)
            tree.pgq().exitCode shouldBe 0
            tree.builds shouldBe index + 2
        }
        tree.pgq()
        tree.builds shouldBe 6
    }

    test("it looks at the sources of all modules that the command is made of") {
        val modules = Regex("""modules=\(([^)]*)\)""").find(Path("../pgq").readText())!!.groupValues[1]
        val used = Regex("<artifactId>(pgqueuer-.*?)</artifactId>").findAll(Path("pom.xml").readText())
        modules.trim().split(Regex("\\s+")) shouldContainExactlyInAnyOrder
            used.map { it.groupValues[1] }.toSet() - "pgqueuer-parent"
    }

    test("processes that start at the same time share one build") {
        val tree = LauncherTree()

        val ended = List(4) { tree.start() }.map(tree::await)

        ended.forEach { it.exitCode shouldBe 0 }
        ended.forEach { it.out shouldBe "command: \n" }
        tree.builds shouldBe 1
    }

    test(
        "the command starts with an archive of the class data that its build has made, and without it on another Java",
    ) {
        val tree = LauncherTree()
        repeat(2) { tree.pgq("x").out shouldBe "command: x|\n" }
        tree.startsWithArchive shouldBe 2

        tree.javaIs("21.0.2")
        tree.pgq("x").out shouldBe "command: x|\n"
        tree.startsWithArchive shouldBe 2
        tree.builds shouldBe 1
    }

    test("a build that fails ends it with 1, and the next start tries again") {
        val tree = LauncherTree()
        tree.mavenIs("3.8.7", exitCode = 1)

        val failed = tree.pgq()
        failed.exitCode shouldBe 1
        failed.out.shouldBeEmpty()
        failed.err shouldContain "pgq: the build failed"

        tree.mavenIs("3.8.7")
        tree.pgq().exitCode shouldBe 0
    }

    test("it works through symbolic links and from any folder") {
        val tree = LauncherTree()
        val elsewhere = temporaryFolder("elsewhere")
        val link = elsewhere.resolve("link").createSymbolicLinkPointingTo(tree.root.resolve("pgq"))
        elsewhere.resolve("bin").createDirectories()
        val relative = elsewhere.resolve("bin/pgq").createSymbolicLinkPointingTo(Path("../${link.name}"))

        tree.pgq(launcher = relative, folder = elsewhere).out shouldBe "command: \n"
        tree.builds shouldBe 1
    }

    test("a build that a running command uses is kept, an unused one is removed") {
        val tree = LauncherTree()
        val running = tree.start("wait")
        eventually(30.seconds) { tree.builds shouldBe 1 }
        repeat(4) {
            tree.age()
            tree.root.resolve("pom.xml").writeText("<project/>")
            tree.pgq().exitCode shouldBe 0
        }

        tree.kept.size shouldBe 3
        running.outputWriter().use { it.write("go on\n") }
        tree.await(running).out shouldBe "its jar is still there\n"
    }

    test("the error for a missing or old Java names what is needed") {
        val tree = LauncherTree()

        tree.pgq(environment = mapOf("JAVA_HOME" to "/no/such/jdk")).run {
            exitCode shouldBe 1
            err shouldBe "pgq: there is no bin/java in JAVA_HOME=/no/such/jdk; set it to a JDK 17 or later\n"
        }
        tree.javaIs("11.0.2")
        tree.pgq().run {
            exitCode shouldBe 1
            err shouldContain "pgq: java 17 or later is needed, "
            err shouldContain " is 11"
        }
        tree.javaIs("1.8.0_402")
        tree.pgq().err shouldContain " is 8"
        tree.builds shouldBe 0
    }

    test("the error for an old Maven names what is needed, but only if there is something to build") {
        val tree = LauncherTree()
        tree.mavenIs("3.6.3")
        tree.pgq().run {
            exitCode shouldBe 1
            err shouldBe "pgq: Maven 3.8.7 or later is needed to build the command, mvn is 3.6.3\n"
        }
        tree.mavenIs("3.9.11")
        tree.pgq().exitCode shouldBe 0
        tree.mavenIs("3.6.3")
        tree.pgq().exitCode shouldBe 0
    }
})
