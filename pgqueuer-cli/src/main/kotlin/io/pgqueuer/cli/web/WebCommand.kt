package io.pgqueuer.cli.web

import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.flag
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.restrictTo
import io.pgqueuer.Backend
import io.pgqueuer.cli.PgqCommand
import io.pgqueuer.cli.duration
import io.pgqueuer.cli.interruptible
import io.pgqueuer.web.Dashboard
import io.pgqueuer.web.DashboardRole
import io.pgqueuer.web.PayloadRedactor
import kotlinx.coroutines.awaitCancellation
import kotlin.time.Duration.Companion.seconds

internal class WebCommand :
    PgqCommand(
        "web",
        "Serve the web dashboard of the queue until the command is interrupted, by default for this machine alone.",
        examples = listOf(
            "pgq web",
            "pgq web --port 9000 --read-only",
            "pgq web --host 0.0.0.0 --hide-payloads",
        ),
    ) {
    private val host by option(metavar = "address").default(LOOPBACK)
        .help("the address to listen on; other machines need a user, or --insecure (default: $LOOPBACK)")
    private val port by option().int().restrictTo(0..MOST_PORT).default(PORT)
        .help("the port to listen on; 0 takes a free one (default: $PORT)")
    private val readOnly by option().flag().help("nobody can change anything")
    private val hidePayloads by option().flag().help("show only the sizes of payloads")
    private val insecure by option().flag()
        .help("let everybody who can reach the address use the dashboard, without users")
    private val interval by option().duration().default(2.seconds).help("how often pages are updated (default: 2s)")

    override fun remarks() =
        "The variables PGQUEUER_WEB_OPERATOR and PGQUEUER_WEB_READER, each NAME:PASSWORD, make a user who may\n" +
            "change things and one who may only look. The passwords travel in clear: put a proxy with TLS in front,\n" +
            "unless the network is private."

    override suspend fun run() {
        val access = access()
        interruptible("dashboard") {
            withBackend { backend ->
                // Fails now, with a clear error, if the queue cannot be read.
                backend.schema.properties()
                dashboard(backend).use { dashboard ->
                    WebServer.start(host, port, dashboard, access).use {
                        echo("the dashboard is at ${it.address}, until Ctrl-C")
                        awaitCancellation()
                    }
                }
            }
        }
    }

    private fun access(): Access {
        val operator = if (readOnly) DashboardRole.READ else DashboardRole.OPERATE
        val environment = System.getenv()
        val users = listOfNotNull(
            User.from(environment, "PGQUEUER_WEB_OPERATOR", operator),
            User.from(environment, "PGQUEUER_WEB_READER", DashboardRole.READ),
        )
        if (users.isEmpty() && !insecure && !isLoopback(host)) {
            throw usageError(
                "--host $host can be reached from other machines: set PGQUEUER_WEB_OPERATOR to NAME:PASSWORD, or use " +
                    "--insecure to let everybody in",
            )
        }
        return Access(users, operator, anyHost = insecure)
    }

    private fun dashboard(backend: Backend): Dashboard {
        val every = interval
        val redacts = if (hidePayloads) PayloadRedactor.HIDE else PayloadRedactor.SHOW
        return Dashboard(backend) {
            refreshEvery = every
            redactor = redacts
        }
    }

    private companion object {
        const val PORT = 8090
        const val MOST_PORT = 65_535
    }
}
