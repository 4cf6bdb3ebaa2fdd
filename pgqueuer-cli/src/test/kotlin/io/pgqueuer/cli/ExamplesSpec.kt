package io.pgqueuer.cli

import com.github.ajalt.clikt.core.BaseCliktCommand
import com.github.ajalt.clikt.parsers.CommandLineParser
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf

/** The help of each command ends with examples, and each of them is a valid command line of that command. */
class ExamplesSpec : FunSpec({
    for ((path, command) in commands(Pgq.of(emptyList()), "pgq")) {
        test("$path has examples, which parse") {
            command.shouldBeInstanceOf<BaseCommand>()
            command.examples.shouldNotBeEmpty()
            for (example in command.examples) {
                val line = example.substringAfter("| ").takeIf { it.startsWith("pgq ") } ?: example
                line shouldContain Regex("^$path( |$)")
                val arguments = CommandLineParser.tokenize(line.substringBefore(" | ").substringBefore(" > ")).drop(1)
                val pgq = Pgq.of(arguments)
                val invoked = mutableListOf<BaseCliktCommand<*>>()
                CommandLineParser.parseAndRun(pgq, arguments) { invoked += it }
                if (path != "pgq sql") invoked.last()::class shouldBe command::class
            }
        }
    }

    test("the help shows them as they are typed") {
        val help = pgq("verify", "--help")
        help.exitCode shouldBe 0
        help.out shouldContain "Examples:\n  pgq verify\n  pgq verify --json\n"
    }
})

/** All commands below [command], with what people type. */
private fun commands(command: BaseCliktCommand<*>, path: String): List<Pair<String, BaseCliktCommand<*>>> =
    command.registeredSubcommands().flatMap {
        "$path ${it.commandName}".let { name ->
            listOf(name to it) +
                commands(it, name)
        }
    }
