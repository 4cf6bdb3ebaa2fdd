package io.pgqueuer.cli.run

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.Worker
import io.pgqueuer.cli.CommandException
import io.pgqueuer.cli.temporaryFolder
import io.pgqueuer.memory.inMemoryBackend
import java.io.File
import java.nio.file.Path
import javax.tools.ToolProvider
import kotlin.io.path.deleteExisting
import kotlin.io.path.writeText

class WorkerFactorySpec : FunSpec({
    val backend = inMemoryBackend()

    test("a top-level function is found and makes a worker on the backend") {
        loaded("io.pgqueuer.cli.TestWorkersKt::echoing", emptyList()) {
            it.make(backend, emptyList()).backend shouldBe backend
        }
    }

    test("a static method of a Java class on the class path is found, and gets the arguments") {
        val folder = compiled(
            "Theirs" to """
                import io.pgqueuer.Backend;
                import io.pgqueuer.Worker;
                import java.util.List;

                public class Theirs {
                    public static Worker make(Backend backend, List<String> args) {
                        System.setProperty("theirs", String.join("+", args));
                        return io.pgqueuer.cli.TestWorkersKt.echoing(backend);
                    }
                }
            """,
        )

        val absent = shouldThrow<CommandException> { loaded("Theirs::make", emptyList()) }
        absent.message shouldContain "add its folder or jar with -cp"

        val classPath = listOf("$folder${File.pathSeparator}$folder/*")
        loaded("Theirs::make", classPath) { it.make(backend, listOf("a", "b")) }
        System.getProperty("theirs") shouldBe "a+b"
    }

    test("the error for a class that cannot be linked differs from that for a missing class") {
        val folder = compiled(
            "Needed" to "public class Needed {}",
            "Needing" to
                "public class Needing { public static io.pgqueuer.Worker make(Needed needed) { return null; } }",
        )
        folder.resolve("Needed.class").deleteExisting()

        shouldThrow<CommandException> { loaded("Needing::make", listOf("$folder")) }.message shouldBe
            "class Needing cannot be loaded: java.lang.NoClassDefFoundError: Needed; add what it needs with -cp"
    }

    val owner = "io.pgqueuer.cli.TestWorkersKt"
    listOf(
        owner to "write package.FileKt::function or package.Class::method",
        "::f" to "write package.FileKt::function",
        "a::b::c" to "write package.FileKt::function",
        "no.such.ClassKt::f" to "there is no class no.such.ClassKt; add its folder or jar with -cp",
        "io/pgqueuer/Bad::f" to "there is no class io/pgqueuer/Bad",
        "$owner::missing" to "has no public function 'missing'; its factories: ",
        "java.lang.String::missing" to "its factories: none",
        "$owner::wrongParameters" to "it must be public static (Backend) or (Backend, List<String>) to Worker",
        "$owner::wrongParameters" to "was static (String) to Worker",
        "$owner::wrongResult" to "was static (Backend) to String",
        "${WorkerFactory::class.java.name}::make" to "was (Backend, List) to Worker",
    ).forEach { (name, says) ->
        test("'$name' is refused: $says") {
            shouldThrow<CommandException> { loaded(name, emptyList()) }.message shouldContain says
        }
    }

    test("the error for a class path entry that does not exist names it") {
        shouldThrow<CommandException> { loaded("A::b", listOf("no/such/folder")) }
            .message shouldBe "class path entry 'no/such/folder' does not exist; build it first"
        shouldThrow<CommandException> { loaded("A::b", listOf("no/such/*")) }
            .message shouldBe "class path entry 'no/such/*': 'no/such' is not a folder; build it first"
    }

    test("arguments for a factory that takes none are refused") {
        loaded("io.pgqueuer.cli.TestWorkersKt::echoing", emptyList()) {
            shouldThrow<CommandException> { it.make(backend, listOf("x")) }.message shouldContain "takes no arguments"
        }
    }

    test("the error for a factory that fails or returns null names it") {
        loaded("io.pgqueuer.cli.TestWorkersKt::failing", emptyList()) {
            val error = shouldThrow<CommandException> { it.make(backend, emptyList()) }
            error.message shouldContain "TestWorkersKt::failing failed: java.lang.IllegalStateException: no mail server"
        }
        loaded("io.pgqueuer.cli.TestWorkersKt::nothing", emptyList()) {
            shouldThrow<CommandException> { it.make(backend, emptyList()) }.message shouldContain "returned null"
        }
    }
})

/** Compiles Java classes into a new folder. */
private fun compiled(vararg classes: Pair<String, String>): Path {
    val folder = temporaryFolder("factory")
    val files = classes.map { (name, source) -> folder.resolve("$name.java").apply { writeText(source) } }
    val options = arrayOf("-cp", System.getProperty("java.class.path")) + files.map(Path::toString)
    check(ToolProvider.getSystemJavaCompiler().run(null, null, null, *options) == 0) { "$folder does not compile" }
    return folder
}

private fun loaded(name: String, classPath: List<String>, use: (WorkerFactory) -> Unit = {}) {
    classLoader(classPath).use { use(WorkerFactory.load(name, it)) }
}
