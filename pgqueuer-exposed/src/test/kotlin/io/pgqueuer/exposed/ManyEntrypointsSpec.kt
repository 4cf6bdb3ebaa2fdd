package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode

/** As many entrypoints as a worker may have. */
class ManyEntrypointsSpec : FunSpec({
    test("a worker runs the jobs of a thousand limited entrypoints") {
        TestPostgres.newDatabase().backend().use { backend ->
            backend.schema.install()
            val names = List(1_000) { "limited $it" }
            backend.queue.enqueueAll(names.map { NewJob(it) })
            val worker = backend.worker { names.forEach { name -> entrypoint(name, { concurrencyLimit = 1 }) {} } }

            worker.run { mode = RunMode.DRAIN }.succeeded shouldBe 1_000
        }
    }
})
