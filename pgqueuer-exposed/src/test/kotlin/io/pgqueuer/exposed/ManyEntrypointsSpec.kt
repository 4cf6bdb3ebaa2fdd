package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.NewJob
import io.pgqueuer.RunMode
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import java.util.concurrent.atomic.AtomicInteger

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

    test("jobs that another transaction has locked do not keep a worker of many entrypoints from others") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            val names = List(40) { "e$it" }
            backend.queue.enqueueAll(List(200) { NewJob("e0") } + List(50) { NewJob("e1") })
            database.connect().use { other ->
                other.autoCommit = false
                other.execute("SELECT id FROM pgqueuer WHERE entrypoint = 'e0' FOR UPDATE")
                val ran = AtomicInteger()
                val worker = backend.worker { names.forEach { name -> entrypoint(name) { ran.incrementAndGet() } } }
                coroutineScope {
                    val run = async(Dispatchers.Default) { worker.run() }
                    soon { ran.get() shouldBe 50 }
                    other.rollback()
                    soon { ran.get() shouldBe 250 }
                    worker.shutdown()
                    run.await()
                }
            }
        }
    }
})
