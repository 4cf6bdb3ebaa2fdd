package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

/** The run on the oldest server is one. */
class OldestServerSpec : FunSpec({
    test("the server is of the major version that this run is about") {
        val major = TestPostgres.newDatabase().text("SELECT current_setting('server_version_num')::int / 10000")
        major shouldBe System.getProperty("pgqueuer.test.major")
    }
})
