package io.pgqueuer.cli

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.FileTime
import java.time.Instant
import java.util.concurrent.TimeUnit
import kotlin.io.path.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.isDirectory
import kotlin.io.path.isSymbolicLink
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.readLines
import kotlin.io.path.setLastModifiedTime
import kotlin.io.path.writeText

/** A source tree with the launcher, and with a Maven and a Java that do only what the launcher needs. */
internal class LauncherTree {
    val root: Path = temporaryFolder("launcher")
    private val tools = root.resolve("tools").createDirectories()
    private val log = root.resolve("builds.log").apply { writeText("") }
    private val archives = root.resolve("archives.log").apply { writeText("") }
    private val launcher = root.resolve("pgq")

    init {
        Files.copy(Path("../pgq"), launcher)
        listOf("pgqueuer-core/src/main/kotlin/deep", "pgqueuer-exposed", "pgqueuer-cli").forEach {
            root.resolve(it).createDirectories()
        }
        root.resolve("pom.xml").writeText("<project/>")
        root.resolve("pgqueuer-core/src/main/kotlin/deep/Source.kt").writeText("source")
        javaIs("17.0.15")
        mavenIs("3.8.7")
    }

    /** How often Maven was called to build. */
    val builds: Int get() = log.readLines().size

    /** How often Java was started with an archive of class data. */
    val startsWithArchive: Int get() = archives.readLines().size

    /** The builds that were not removed. */
    val kept: List<Path>
        get() = root.resolve("pgqueuer-cli/target/command").listDirectoryEntries()
            .filter { it.isDirectory() && !it.isSymbolicLink() }

    /**
     * Installs a Java that prints its arguments. With the argument `wait`, it reads a line first. It makes archives of
     * class data; see [startsWithArchive].
     */
    fun javaIs(version: String) = tool(
        "java",
        """
        if [ "$1" = -version ]; then echo 'openjdk version "$version" 2025-04-15' >&2; exit; fi
        while [ "$1" != -jar ]; do
            case $1 in
                -XX:ArchiveClassesAtExit=*) echo archive > "${'$'}{1#*=}" ;;
                -XX:SharedArchiveFile=*) cat "${'$'}{1#*=}" >> '$archives' ;;
            esac
            shift
        done
        jar=$2; shift 2
        if [ "$1" = wait ]; then
            read -r _
            [ -f "${'$'}jar" ] && echo "its jar is still there"
            exit
        fi
        printf 'command: '; printf '%s|' "$@" | sed 's/^|$//'; echo
        """,
    )

    fun mavenIs(version: String, exitCode: Int = 0) = tool(
        "mvn",
        """
        if [ "$1" = -v ]; then echo 'Apache Maven $version'; exit; fi
        echo "maven speaks"
        echo build >> '$log'
        mkdir -p pgqueuer-cli/target/lib
        echo jar > pgqueuer-cli/target/pgq.jar
        echo jar > pgqueuer-cli/target/lib/pgqueuer-core.jar
        echo jar > pgqueuer-cli/target/lib/other.jar
        exit $exitCode
        """,
    )

    private fun tool(name: String, script: String) {
        val file = tools.resolve(name)
        file.writeText("#!/usr/bin/env bash\n" + script.trimIndent() + "\n")
        check(file.toFile().setExecutable(true))
    }

    /** Makes all files older, as if nothing had changed for a minute. */
    fun age() {
        val past = FileTime.from(Instant.now().minusSeconds(AGE_SECONDS))
        Files.walk(root).use { files -> files.forEach { it.setLastModifiedTime(past) } }
    }

    fun start(
        vararg args: String,
        launcher: Path = this.launcher,
        folder: Path = root,
        environment: Map<String, String> = emptyMap(),
    ): Process = ProcessBuilder(listOf("$launcher") + args).apply {
        directory(folder.toFile())
        environment().remove("JAVA_HOME")
        environment()["PATH"] = "$tools:" + environment()["PATH"]
        environment() += environment
    }.start()

    fun await(process: Process): Ended {
        check(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) { "the launcher still runs" }
        return Ended(process.exitValue(), process.inputReader().readText(), process.errorReader().readText())
    }

    fun pgq(
        vararg args: String,
        launcher: Path = this.launcher,
        folder: Path = root,
        environment: Map<String, String> = emptyMap(),
    ): Ended = await(start(*args, launcher = launcher, folder = folder, environment = environment))

    private companion object {
        const val AGE_SECONDS = 60L
        const val PATIENCE_SECONDS = 60L
    }
}
