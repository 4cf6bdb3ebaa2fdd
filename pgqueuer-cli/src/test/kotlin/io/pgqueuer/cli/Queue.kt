package io.pgqueuer.cli

import io.kotest.matchers.shouldBe
import io.pgqueuer.test.PostgresDatabase

/** An installed queue for one test. */
internal class Queue(
    val database: PostgresDatabase,
) {
    val environment = mapOf("PGQUEUER_DSN" to database.dsn)

    init {
        pgq("install").exitCode shouldBe 0
    }

    fun pgq(vararg args: String, stdin: String = "") = pgq(*args, environment = environment, stdin = stdin)

    fun start(vararg args: String, launcher: List<String> = PgqProcess.withDefaultSignals) =
        PgqProcess(*args, environment = environment, launcher = launcher)

    /** Prepares a process that nobody has started yet. */
    fun builder(vararg args: String): ProcessBuilder =
        childJvm("io.pgqueuer.cli.MainKt", args.asList(), variables = environment)

    fun statuses() = database.query("SELECT status FROM pgqueuer ORDER BY id")
}
