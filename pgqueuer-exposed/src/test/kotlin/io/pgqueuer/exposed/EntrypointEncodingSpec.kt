package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.RunMode
import kotlinx.coroutines.withTimeout
import kotlin.time.Duration.Companion.seconds

class EntrypointEncodingSpec : FunSpec({
    test("a worker for a name that the database cannot hold does not start, and its error names it") {
        TestPostgres.newDatabase().inEncoding("LATIN1").backend().use { backend ->
            backend.schema.install()
            val workers = mapOf(
                "entrypoint 'a→b'" to backend.worker { entrypoint("a→b") { } },
                "schedule 'a→b'" to backend.worker { schedule("a→b", "* * * * *") { } },
            )
            for ((name, worker) in workers) {
                shouldThrow<IllegalArgumentException> {
                    withTimeout(10.seconds) { worker.run { mode = RunMode.DRAIN } }
                }.message shouldContain "$name must fit the encoding of the database, which is LATIN1 and has no '→'"
            }
            withTimeout(10.seconds) { backend.worker { entrypoint("größe") { } }.run { mode = RunMode.DRAIN } }
        }
    }
})
