package io.pgqueuer.cli

import com.github.ajalt.clikt.command.SuspendingCliktCommand
import com.github.ajalt.clikt.command.parse
import com.github.ajalt.clikt.core.CliktError
import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.PrintHelpMessage
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.core.context
import com.github.ajalt.clikt.core.findOrSetObject
import com.github.ajalt.clikt.core.subcommands
import com.github.ajalt.clikt.core.terminal
import com.github.ajalt.clikt.parameters.groups.provideDelegate
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.options.versionOption
import com.github.ajalt.mordant.rendering.AnsiLevel
import com.github.ajalt.mordant.terminal.Terminal
import io.pgqueuer.cli.act.CancelCommand
import io.pgqueuer.cli.act.DismissCommand
import io.pgqueuer.cli.act.PauseCommand
import io.pgqueuer.cli.act.RequeueCommand
import io.pgqueuer.cli.act.ResumeCommand
import io.pgqueuer.cli.act.RunNowCommand
import io.pgqueuer.cli.bench.BenchCommand
import io.pgqueuer.cli.dashboard.DashboardCommand
import io.pgqueuer.cli.demo.DemoCommand
import io.pgqueuer.cli.look.BacklogCommand
import io.pgqueuer.cli.look.FailedCommand
import io.pgqueuer.cli.look.JobCommand
import io.pgqueuer.cli.look.JobsCommand
import io.pgqueuer.cli.look.ListenCommand
import io.pgqueuer.cli.look.LogCommand
import io.pgqueuer.cli.look.PausesCommand
import io.pgqueuer.cli.look.SchedulesCommand
import io.pgqueuer.cli.look.StaleCommand
import io.pgqueuer.cli.look.StatusCommand
import io.pgqueuer.cli.look.WorkersCommand
import io.pgqueuer.cli.mcp.McpCommand
import io.pgqueuer.cli.metrics.MetricsCommand
import io.pgqueuer.cli.run.RunCommand
import io.pgqueuer.cli.schema.AutovacCommand
import io.pgqueuer.cli.schema.InstallCommand
import io.pgqueuer.cli.schema.PropertyCommand
import io.pgqueuer.cli.schema.SqlCommand
import io.pgqueuer.cli.schema.UninstallCommand
import io.pgqueuer.cli.schema.UpgradeCommand
import io.pgqueuer.cli.schema.VerifyCommand
import io.pgqueuer.cli.torture.TortureCommand
import io.pgqueuer.cli.web.WebCommand

/** The command itself, with the options that all its commands share. [arguments] is the whole command line. */
internal class Pgq(
    private val arguments: List<String>,
) : SuspendingCliktCommand("pgq") {
    private val secrets = SecretArguments(arguments)
    private val connection by ConnectionOptions()
    private val verbose by option("--verbose", envvar = "PGQ_DEBUG").flag()
        .help("log more, and show the stack traces of errors")

    /** Read before the command line is parsed: errors and the help have colors, too. */
    @Suppress("unused")
    private val noColor by option("--no-color").flag()
        .help("print no colors; the variable NO_COLOR does the same, and so does a pipe")

    init {
        context {
            helpFormatter = ::HelpLayout
            if ("--no-color" in arguments) terminal = Terminal(AnsiLevel.NONE)
        }
        versionOption(Versions.text, message = { it })
    }

    override fun help(context: Context) = "PgQueuer: a job queue in PostgreSQL."

    override fun helpEpilog(context: Context) =
        "Exit codes: 0 success, 1 an error (a line on stderr says why), 2 wrong usage,\n" +
            "130 and 143 ended by SIGINT and SIGTERM."

    override suspend fun run() {
        arguments.forEach(::requireReadable)
        currentContext.findOrSetObject { connection }
        Logging.configure(verbose)
    }

    private fun report(error: Throwable) {
        echo(secrets.hideIn(errorLine(error)), err = true)
        if (verbose) echo(secrets.hideIn(error.stackTraceToString()), err = true)
    }

    private fun report(error: CliktError, exitCode: Int) {
        val help = getFormattedHelp(error) ?: return
        echo(secrets.hideIn(help), err = exitCode != ExitCode.OK)
    }

    companion object {
        /** Returns the command with all its commands. */
        fun of(args: List<String>): Pgq = Pgq(args).subcommands(
            InstallCommand(),
            UpgradeCommand(),
            UninstallCommand(),
            VerifyCommand(),
            AutovacCommand(),
            *PropertyCommand.all().toTypedArray(),
            SqlCommand(),
            QueueCommand(),
            RunCommand(),
            DashboardCommand(),
            WebCommand(),
            StatusCommand(),
            BacklogCommand(),
            JobsCommand(),
            JobCommand(),
            FailedCommand(),
            StaleCommand(),
            WorkersCommand(),
            SchedulesCommand(),
            PausesCommand(),
            LogCommand(),
            ListenCommand(),
            MetricsCommand(),
            McpCommand(),
            CancelCommand(),
            RequeueCommand(),
            DismissCommand(),
            RunNowCommand(),
            PauseCommand(),
            ResumeCommand(),
            DemoCommand(),
            BenchCommand(),
            SimulateCommand(),
            TortureCommand(),
            CompletionCommand(),
        )

        /** Runs the command line [args] and returns the exit code. */
        suspend fun run(args: List<String>): Int {
            val pgq = of(args)
            return try {
                pgq.parse(args)
                ExitCode.OK
            } catch (e: CliktError) {
                val exitCode = exitCode(e)
                pgq.report(e, exitCode)
                exitCode
            } catch (e: Throwable) {
                pgq.report(e)
                ExitCode.ERROR
            }
        }

        /** The JVM replaces what it cannot decode. Without this check the replacement would be stored. */
        private fun requireReadable(argument: String) {
            if (REPLACEMENT in argument) {
                throw CommandException(
                    "argument '$argument' has bytes that are no text in ${System.getProperty(
                        "sun.jnu.encoding",
                    )}, the " +
                        "encoding of the locale; set LC_ALL=C.UTF-8, or pass a payload by stdin with '-'",
                )
            }
        }

        private const val REPLACEMENT = '\uFFFD'

        private fun exitCode(e: CliktError) =
            if (e is UsageError || (e is PrintHelpMessage && e.error)) ExitCode.USAGE else e.statusCode
    }
}
