package io.pgqueuer.build

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlin.io.path.extension
import kotlin.io.path.name
import kotlin.io.path.readText
import kotlin.io.path.walk

/** The code and builds of the README, and the code of [COMPILED], are compiled. Indentation and comments may differ. */
class ReadmeSpec : FunSpec({
    val readme = ModuleFolder.ROOT.resolve("README.md").readText()
    val parentPom = ModuleFolder.ROOT.resolve("pom.xml").readText()

    fun snippets(language: String, page: String = readme) =
        Regex("```$language\n(.*?)```", RegexOption.DOT_MATCHES_ALL).findAll(page).map { it.groupValues[1] }.toList()

    fun property(name: String) = Regex("<$name>(.*?)</$name>").find(parentPom)!!.groupValues[1]

    val examples = listOf("examples", "pgqueuer-java-facade/src/test")
        .flatMap { ModuleFolder.ROOT.resolve(it).walk() }
        .filter { it.extension in setOf("kt", "java") && "target" !in it.map { part -> part.name } }
        .joinToString("\n") { it.readText() }
        .flattened()

    for (page in listOf("README.md") + COMPILED) {
        test("every snippet of $page is part of an example") {
            val text = ModuleFolder.ROOT.resolve(page).readText()
            val code = snippets("kotlin", text) + snippets("java", text)
            code.shouldNotBeEmpty()
            code.filterNot { it.flattened() in examples }.shouldBeEmpty()
        }
    }

    test("the Maven builds of the README are those of the consumer tests") {
        snippets("xml").map { it.settings() } shouldContainExactly listOf("kotlin-consumer", "java-consumer").map {
            ModuleFolder.ROOT.resolve("consumer-tests/$it/pom.xml").readText().settings()
        }
    }

    test("the first examples of the README are what those builds compile") {
        for ((language, file) in listOf("kotlin" to "kotlin/Welcome.kt", "java" to "java/Welcome.java")) {
            val source = ModuleFolder.ROOT.resolve("consumer-tests/$language-consumer/src/main/$file").readText()
            source.flattened() shouldBe snippets(language).first().flattened()
        }
    }

    test("the builds of the README have the versions of this build") {
        val versions = mapOf(
            "kotlin-maven-plugin" to property("kotlin.version"),
            "kotlin-maven-serialization" to property("kotlin.version"),
            "kotlinx-coroutines-bom" to property("coroutines.newest.version"),
            "kotlinx-serialization-bom" to property("serialization.newest.version"),
            "jackson-databind" to property("jackson.newest.version"),
            "logback-classic" to property("logback.version"),
            "junit-jupiter" to property("junit.version"),
            "junit-platform-launcher" to property("junit.version"),
            "pgqueuer-exposed" to "0.1.0-SNAPSHOT",
            "pgqueuer-java-facade" to "0.1.0-SNAPSHOT",
            "pgqueuer-test" to "0.1.0-SNAPSHOT",
        )
        val gradle = snippets("kts").single()
        val stated = snippets("xml").flatMap(IN_MAVEN::findAll) + IN_GRADLE.findAll(gradle)
        stated.shouldNotBeEmpty()
        for ((artifact, version) in stated.map { it.destructured }.filter { (artifact) -> !artifact.isPlugin() }) {
            withClue(artifact) { version shouldBe versions[artifact] }
        }
        GRADLE_PLUGIN.findAll(gradle).map { it.groupValues[1] }.toSet() shouldBe setOf(property("kotlin.version"))
    }

    test("the README states the ranges of versions that the build tests") {
        val stores = listOf("exposed", "hikari", "postgresql")
        for (library in stores + listOf("coroutines", "serialization", "slf4j", "jackson", "opentelemetry")) {
            readme shouldContain "| ${property("$library.version")} to ${property("$library.newest.version")} |"
        }
        readme shouldContain "to ${property("micrometer.version")} |"
        readme shouldContain "from ${property("kotlin.least.version")} on"
    }
})

/** The pages of docs whose code is part of an example. */
private val COMPILED =
    listOf("docs/observability.md", "docs/tracing.md", "docs/dashboard.md", "docs/spring-boot.md")

private val IN_MAVEN = Regex("""<artifactId>(.*?)</artifactId>\s*<version>(.*?)</version>""")
private val IN_GRADLE = Regex("""\("[\w.]+:([\w-]+):([\w.-]+)"\)""")
private val GRADLE_PLUGIN = Regex("""version "(.*?)"""")

/** Maven's own plugins, and the project itself, have versions that nothing else depends on. */
private fun String.isPlugin() = (startsWith("maven-") && endsWith("-plugin")) || this == "welcome"

/** Returns what follows the coordinates of a pom. */
private fun String.settings() = substringAfter("<properties>").flattened()

/** Returns this code without indentation, blank lines and comments, which the README leaves out. */
private fun String.flattened() = lines()
    .map(String::trim)
    .filterNot { it.isEmpty() || it.startsWith("/*") || it.startsWith("*") || it.startsWith("//") }
    .joinToString("\n")
