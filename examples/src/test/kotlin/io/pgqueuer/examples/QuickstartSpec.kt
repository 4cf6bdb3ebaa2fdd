package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.pgqueuer.test.PostgresFixture

class QuickstartSpec : FunSpec({
    test("the quickstart sends its receipt on a fresh PostgreSQL") {
        val sent = mutableListOf<String>()
        PostgresFixture.start().use { postgres ->
            quickstart(postgres.newDatabase().dsn) { to, text -> sent += "$to: $text" }
        }
        sent shouldContainExactly listOf("ann@example.org: Thank you for order 42.")
    }
})
