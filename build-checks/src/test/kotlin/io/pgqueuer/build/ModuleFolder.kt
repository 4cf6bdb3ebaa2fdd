package io.pgqueuer.build

import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.exists
import kotlin.io.path.extension
import kotlin.io.path.isRegularFile
import kotlin.io.path.readBytes
import kotlin.io.path.readText
import kotlin.io.path.walk

/** A module of the build, after it was compiled. */
internal class ModuleFolder(
    val name: String,
) {
    /** The file with the dump of its public API. */
    val apiFile: Path = ROOT.resolve("$name/api/$name.api")

    /** The dump of its public API; null if there is none. */
    val keptApi: String? get() = if (apiFile.exists()) apiFile.readText() else null

    /** The files of its compiled main classes; none if it has no code. */
    val classFiles: List<Path> by lazy {
        val classes = ROOT.resolve("$name/target/classes")
        if (!classes.exists()) {
            emptyList()
        } else {
            Files.walk(classes).use { files ->
                files.filter { it.isRegularFile() && it.extension == "class" }.sorted().toList()
            }
        }
    }

    val classes: List<ClassFile> by lazy { classFiles.map { ClassFile.parse(it.readBytes()) } }

    /** Its Kotlin sources of main. */
    val sources: List<SourceFile> by lazy {
        ROOT.resolve("$name/src/main/kotlin").walk().filter { it.extension == "kt" }.sorted().map(::SourceFile).toList()
    }

    val classNames: Set<String> by lazy { classes.mapTo(mutableSetOf(), ClassFile::name) }

    override fun toString() = name

    companion object {
        // Surefire starts in the folder of this module, an IDE may start in the root.
        val ROOT: Path = generateSequence(Path.of("").toAbsolutePath(), Path::getParent)
            .firstOrNull { it.resolve("pgqueuer-core/pom.xml").exists() }
            ?: error("no folder with pgqueuer-core above ${Path.of("").toAbsolutePath()}")

        val CORE = ModuleFolder("pgqueuer-core")
        val MEMORY = ModuleFolder("pgqueuer-memory")
        val EXPOSED = ModuleFolder("pgqueuer-exposed")
        val TEST = ModuleFolder("pgqueuer-test")
        val JAVA = ModuleFolder("pgqueuer-java-facade")
        val TEST_JAVA = ModuleFolder("pgqueuer-test-java")
        val MICROMETER = ModuleFolder("pgqueuer-micrometer")
        val OPENTELEMETRY = ModuleFolder("pgqueuer-opentelemetry")
        val WEB = ModuleFolder("pgqueuer-web")
        val KTOR = ModuleFolder("pgqueuer-ktor")
        val SPRING = ModuleFolder("pgqueuer-spring-boot-starter")
        val SPRING_TEST = ModuleFolder("pgqueuer-spring-boot-test")

        /** The modules that users compile against. */
        val PUBLISHED = listOf(
            CORE,
            MEMORY,
            EXPOSED,
            TEST,
            JAVA,
            TEST_JAVA,
            MICROMETER,
            OPENTELEMETRY,
            WEB,
            KTOR,
            SPRING,
            SPRING_TEST,
        )
    }
}
