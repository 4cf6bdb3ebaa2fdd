package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.RetryRequested
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.hours

class LastAttemptSpec : FunSpec({
    test("the record of a retry counts attempts up to the largest number, and not beyond") {
        val database = TestPostgres.newDatabase()
        database.backend().use { backend ->
            backend.schema.install()
            val id = backend.queue.enqueue("e")
            database.execute("UPDATE pgqueuer SET attempts = ${Int.MAX_VALUE}")
            val worker = backend.worker { entrypoint("e") { throw RetryRequested(1.hours) } }
            coroutineScope {
                val run = launch(Dispatchers.Default) { worker.run() }
                soon {
                    backend.insights.log(id).last().failure?.context?.get("attempt").toString() shouldBe
                        "${Int.MAX_VALUE}"
                }
                worker.shutdown()
                run.join()
            }
            backend.insights.job(id)!!.attempts shouldBe Int.MAX_VALUE
        }
    }
})
