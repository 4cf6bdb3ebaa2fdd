package io.pgqueuer.build

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import kotlin.io.path.extension
import kotlin.io.path.name
import kotlin.io.path.readText
import kotlin.io.path.walk

private val SNIPPET = Regex("""```(kotlin|java)\n(.*?)```""", RegexOption.DOT_MATCHES_ALL)

/** The code of the README is part of an example, and so is compiled and run. Indentation and comments may differ. */
class ReadmeSpec : FunSpec({
    val examples = listOf("examples", "pgqueuer-java-facade/src/test")
        .flatMap { ModuleFolder.ROOT.resolve(it).walk() }
        .filter { it.extension in setOf("kt", "java") && "target" !in it.map { part -> part.name } }
        .joinToString("\n") { it.readText() }
        .flattened()

    test("every snippet of the README is part of an example") {
        val readme = ModuleFolder.ROOT.resolve("README.md").readText()
        val snippets = SNIPPET.findAll(readme).map { it.groupValues[2] }.toList()
        snippets.shouldNotBeEmpty()
        snippets.filterNot { it.flattened() in examples }.shouldBeEmpty()
    }
})

/** Returns this code without indentation, blank lines and comments, which the README leaves out. */
private fun String.flattened() = lines()
    .map(String::trim)
    .filterNot { it.isEmpty() || it.startsWith("/*") || it.startsWith("*") || it.startsWith("//") }
    .joinToString("\n")
