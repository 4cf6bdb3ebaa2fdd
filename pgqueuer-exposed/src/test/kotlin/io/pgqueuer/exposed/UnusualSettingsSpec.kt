package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.TimeZone

/** Otherwise the second run would prove nothing. */
class UnusualSettingsSpec : FunSpec({
    test("the second run has the settings: those of the server, of the driver and of the time zone") {
        val database = TestPostgres.newDatabase()
        database.connect().use { connection ->
            connection.texts("SHOW transaction_isolation").single() shouldBe "serializable"
            connection.texts("SHOW statement_timeout").single() shouldBe "3s"
            connection.texts("SHOW search_path").single() shouldBe "app, pg_catalog"
            connection.createStatement().use { it.fetchSize } shouldBe 1
        }
        TimeZone.getDefault().id shouldBe "America/St_Johns"
        UnusualSettings.pool(database).use { pool ->
            pool.connection.use { it.texts("SHOW transaction_isolation").single() shouldBe "serializable" }
        }
    }
})
