package io.pgqueuer.build

import io.kotest.assertions.fail
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlin.io.path.createDirectories
import kotlin.io.path.writeText

private const val WRITE = "api.write"
private const val WRITE_COMMAND =
    "mvn -B -pl build-checks -am test -Dtest=PublicApiSpec -Dsurefire.failIfNoSpecifiedTests=false -D$WRITE=true"

class PublicApiSpec : FunSpec({
    for (module in ModuleFolder.PUBLISHED) {
        test("the public API of $module is that of its dump") {
            val actual = publicApi(module)
            if (System.getProperty(WRITE).toBoolean() && actual.isNotEmpty()) {
                module.apiFile.parent.createDirectories()
                module.apiFile.writeText(actual)
            }
            // A module without code needs no dump.
            val kept = module.keptApi.orEmpty()
            if (kept != actual) {
                fail(
                    "the public API of $module differs from ${module.name}/api/${module.name}.api:\n" +
                        apiDifference(kept, actual).ifEmpty { listOf("the same lines in another order") }
                            .joinToString("\n") +
                        "\nIf the change is intended, write the dump again and commit it:\n  $WRITE_COMMAND",
                )
            }
        }
    }

    test("a dump lists what is public and leaves out what is internal") {
        val api = publicApi(ModuleFolder.CORE)
        api shouldContain "public abstract interface class io/pgqueuer/JobQueue {"
        api shouldContain "public abstract fun shutdown ()V"
        api shouldNotContain "requireEntrypoint"
    }

    test("a dump lists the Java of the facade and leaves out the Kotlin behind it") {
        val api = publicApi(ModuleFolder.JAVA)
        api shouldContain "public abstract interface class io/pgqueuer/java/Backend : java/lang/AutoCloseable {"
        api shouldContain "public abstract fun awaitCompletion (J)Ljava/util/concurrent/CompletableFuture;"
        api shouldNotContain "io/pgqueuer/java/internal/"
        api shouldNotContain "kotlin"
    }

    test("a difference names the class of each line") {
        val kept = """
            public final class a/One {
            	public fun go ()V
            }

            public final class a/Two {
            	public fun go ()V
            	public fun stop ()V
            }
        """.trimIndent()
        val actual = """
            public final class a/One {
            	public fun go ()V
            	public fun rest (J)V
            }

            public final class a/Two {
            	public fun go ()V
            }
        """.trimIndent()

        apiDifference(kept, actual) shouldContainExactly listOf(
            "- a/Two: public fun stop ()V",
            "+ a/One: public fun rest (J)V",
        )
    }
})
