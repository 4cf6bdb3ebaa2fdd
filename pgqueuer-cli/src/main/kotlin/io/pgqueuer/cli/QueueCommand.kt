package io.pgqueuer.cli

import com.github.ajalt.clikt.parameters.arguments.argument
import com.github.ajalt.clikt.parameters.arguments.help
import com.github.ajalt.clikt.parameters.arguments.optional
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.help
import com.github.ajalt.clikt.parameters.options.multiple
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.options.splitPair
import com.github.ajalt.clikt.parameters.types.enum
import com.github.ajalt.clikt.parameters.types.int
import io.pgqueuer.NewJob
import io.pgqueuer.OnConflict
import kotlin.time.Duration

internal class QueueCommand :
    PgqCommand(
        "queue",
        "Enqueue a job, and print its id.",
        examples = listOf(
            "pgq queue send_receipt '{\"orderId\": 42}'",
            "pgq queue report --delay 1h --priority 5 --dedupe-key nightly --on-conflict skip",
            "pgq queue report --run-at 2026-12-24T18:00:00Z --header tenant=acme",
            "cat picture.png | pgq queue resize -",
        ),
    ) {
    private val entrypoint by argument().help("the name of the handler")
    private val payload by argument().optional().help("the text that the handler gets; '-' reads it from stdin")
    private val priority by option().int().default(0).help("jobs of higher priority run first (default: 0)")
    private val delay by option().duration().default(Duration.ZERO)
        .help("how long the job waits before it may run, as in 30s or 1h 30m (default: 0s)")
    private val runAt by option().time().help(
        "when the job may run first, as in 2026-12-24T18:00:00Z or with +01:00; not with --delay",
    )
    private val headers by option("--header", metavar = "name=value").splitPair().multiple()
        .help("text beside the payload, for example for tracing; can be given more than once")
    private val dedupeKey by option().help("at most one queued or running job has the same key")
    private val onConflict by option()
        .enum<OnConflict> { it.name.lowercase() }
        .default(OnConflict.RAISE)
        .help(
            "what to do if the dedupe key is taken: fail (raise), leave the job out (skip), or also give the active " +
                "job the priority if that is higher (raise_priority) (default: raise)",
        )

    override suspend fun run() {
        val command = this
        val job = NewJob(entrypoint, payloadBytes()) {
            priority = command.priority
            delay = command.delay
            runAt = command.runAt
            command.headers.forEach { (name, value) -> header(name, value) }
            dedupeKey = command.dedupeKey
        }
        val id = withBackend { it.queue.enqueue(job, onConflict) }
        if (id == null) echo("skipped: dedupe key '$dedupeKey' is taken", err = true) else echo(id)
    }

    private fun payloadBytes(): ByteArray? = when (payload) {
        STDIN -> System.`in`.readBytes()
        else -> payload?.encodeToByteArray()
    }

    private companion object {
        const val STDIN = "-"
    }
}
