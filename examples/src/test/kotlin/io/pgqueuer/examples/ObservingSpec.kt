package io.pgqueuer.examples

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import io.pgqueuer.RunMode
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.test.PostgresFixture
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlin.time.Duration.Companion.seconds

class ObservingSpec : FunSpec({
    test("a measured backend counts what its workers do and shows what waits") {
        PostgresFixture.start().use { postgres ->
            val registry = SimpleMeterRegistry()
            val settings = PostgresSettings.parse(postgres.newDatabase().dsn)
            postgresBackend(settings).use {
                it.schema.install()
                it.queue.enqueue("mail")
                it.queue.enqueue("report")
            }
            measured(settings, registry).use { backend ->
                backend.worker { entrypoint("mail") { } }.run { mode = RunMode.DRAIN }

                val succeeded = registry.get("pgqueuer.jobs").tags("entrypoint", "mail", "outcome", "succeeded")
                succeeded.counter().count() shouldBe 1
                eventually(30.seconds) {
                    val due = registry.get("pgqueuer.queue.due").tag("entrypoint", "report").gauge()
                    due.value() shouldBe 1
                }
            }
        }
    }

    test("a health check shares its reading with the metrics") {
        val scope = CoroutineScope(Dispatchers.Default)
        inMemoryBackend().use { backend ->
            backend.queue.enqueue("mail")
            backend.queue.enqueue("mail")
            waitingJobs(backend, scope, SimpleMeterRegistry()) shouldBe 2
        }
        scope.cancel()
    }
})
