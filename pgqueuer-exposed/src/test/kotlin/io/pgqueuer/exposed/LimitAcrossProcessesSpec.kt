package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import io.pgqueuer.test.PostgresDatabase
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlin.time.Duration.Companion.milliseconds

private const val LIMIT = 5

/** Works the entrypoint `limited` until it is empty, once it is told to go by a line of input. */
internal object LimitedWorker {
    @JvmStatic
    fun main(args: Array<String>) = runBlocking<Unit> {
        postgresBackend(PostgresSettings.parse(args.single())).use { backend ->
            val worker = backend.worker {
                entrypoint("limited", { concurrencyLimit = LIMIT }) { delay(3.milliseconds) }
            }
            backend.schema.verify()
            println("ready")
            readln()
            worker.run { mode = RunMode.DRAIN }
        }
    }
}

class LimitAcrossProcessesSpec : FunSpec({
    test("a limit holds at every instant, as the database sees it, while many processes claim at once") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            backend.queue.enqueueAll(List(1_500) { NewJob("limited") })
            val processes = List(4) { WorkerProcess.start(LimitedWorker::class.java.name, database.dsn) }
            try {
                processes.forEach { it.awaitLine("ready") }
                coroutineScope {
                    val most = async(Dispatchers.IO) { database.mostPickedUntilEmpty() }
                    processes.forEach { it.send("go") }
                    processes.forEach { it.awaitEnd() shouldBe 0 }
                    most.await() shouldBe LIMIT
                }
            } finally {
                processes.forEach { it.close() }
            }
            val log = "FROM pgqueuer_log WHERE status = 'successful'"
            database.text("SELECT count(*) || ' ' || count(DISTINCT job_id) $log") shouldBe "1500 1500"
        }
    }
})

/** Counts picked jobs over and over, inside the server, each time in a snapshot of its own; returns the highest count. */
private fun PostgresDatabase.mostPickedUntilEmpty(): Int = connect().use { connection ->
    connection.execute(
        """
        DO ${'$'}${'$'}
        DECLARE
            picked int;
            most int := 0;
        BEGIN
            WHILE EXISTS (SELECT FROM pgqueuer) LOOP
                SELECT count(*) INTO picked FROM pgqueuer WHERE status = 'picked';
                most := greatest(most, picked);
            END LOOP;
            PERFORM set_config('test.most', most::text, false);
        END
        ${'$'}${'$'}
        """,
    )
    connection.texts("SELECT current_setting('test.most')").single()!!.toInt()
}
