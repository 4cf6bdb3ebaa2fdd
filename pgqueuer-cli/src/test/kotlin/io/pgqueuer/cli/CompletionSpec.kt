package io.pgqueuer.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.util.concurrent.TimeUnit.SECONDS
import kotlin.io.path.div
import kotlin.io.path.writeText

class CompletionSpec : FunSpec({
    test("bash completes commands and options by the script") {
        val script = pgq("completion", "bash")
        script.exitCode shouldBe 0
        val file = temporaryFolder("completion") / "pgq.bash"
        file.writeText(script.out)

        fun completed(vararg words: String): List<String> {
            val line = words.joinToString(" ") { "'$it'" }
            val bash = ProcessBuilder(
                "bash",
                "-c",
                "source $file; COMP_WORDS=(pgq $line); COMP_CWORD=${words.size}; \$(complete -p pgq | " +
                    "sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\\n' \"\${COMPREPLY[@]}\"",
            ).redirectErrorStream(true).start()
            val out = bash.inputReader().readLines()
            check(bash.waitFor(30, SECONDS))
            return out.map(String::trim)
        }

        completed("da") shouldBe listOf("dashboard")
        completed("requeue", "--all") shouldBe listOf("--all-matching")
        completed("log", "--status", "exc") shouldBe listOf("exception")
    }

    test("zsh and fish have scripts, too, and another shell is wrong usage") {
        pgq("completion", "zsh").out shouldContain "pgq"
        pgq("completion", "fish").out shouldContain "complete -c pgq"
        pgq("completion", "tcsh").exitCode shouldBe 2
    }
})
