package io.pgqueuer.examples

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.JobId
import io.pgqueuer.JobStatus
import io.pgqueuer.exposed.PostgresSettings
import io.pgqueuer.exposed.postgresBackend
import io.pgqueuer.test.PostgresFixture

class WelcomeSpec : FunSpec({
    test("the first example of the README runs its job") {
        PostgresFixture.start().use { postgres ->
            main(arrayOf(postgres.dsn))
            postgresBackend(PostgresSettings.parse(postgres.dsn)).use {
                it.insights.lastStatuses(listOf(JobId(1))) shouldBe mapOf(JobId(1) to JobStatus.SUCCESSFUL)
            }
        }
    }
})
