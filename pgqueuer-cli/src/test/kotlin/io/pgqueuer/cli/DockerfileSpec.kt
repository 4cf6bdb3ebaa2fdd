package io.pgqueuer.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.string.shouldContain
import kotlin.io.path.Path
import kotlin.io.path.readLines
import kotlin.io.path.readText

/** What the image runs is what the launcher runs, which has tests. [ImageSpec] builds the image where it can. */
class DockerfileSpec : FunSpec({
    val root = Path("..")
    val lines = (root.resolve("Dockerfile")).readLines()

    test("the image builds the command as the launcher does, and takes the same files") {
        val build = lines.map(String::trim).single { it.startsWith("mvn ") }
        val launcher = root.resolve("pgq").readText()
        launcher.lines().map { it.trim().split(" ").sorted() } shouldContain build.split(" ").sorted()
        lines.filter {
            it.startsWith("COPY --from")
        }.map { it.split(" ")[2].removePrefix("/src/") } shouldContainExactly
            listOf("pgqueuer-cli/target/pgq.jar", "pgqueuer-cli/target/lib")
        launcher shouldContain "pgqueuer-cli/target/pgq.jar"
        launcher shouldContain "pgqueuer-cli/target/lib/"
    }
})
