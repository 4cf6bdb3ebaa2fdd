package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.SchemaException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.serialization.json.JsonPrimitive
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import org.postgresql.ds.PGSimpleDataSource

class SettingsOnPostgresSpec : FunSpec({
    val database = TestPostgres.newDatabase()
    val backend = database.backend()
    val settings = backend.store.settings

    beforeSpec { backend.schema.install() }
    afterSpec { backend.close() }
    beforeTest { database.execute("TRUNCATE pgqueuer_settings") }

    test("a role that owns nothing reads and changes settings with rights on their table alone") {
        database.execute("DROP ROLE IF EXISTS changer_of_settings")
        database.execute("CREATE ROLE changer_of_settings LOGIN")
        postgresBackend(
            database.settings().with {
                user = "changer_of_settings"
                poolMaxSize = 1
            },
        ).use { restricted ->
            val theirs = restricted.store.settings
            shouldThrow<SchemaException> { theirs.put("k", JsonPrimitive(1)) }.message shouldContain "grant"
            database.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON pgqueuer_settings TO changer_of_settings")
            theirs.put("k", JsonPrimitive(1))
            theirs.put("k", JsonPrimitive(2))
            theirs.all() shouldBe mapOf("k" to JsonPrimitive(2))
            settings.all() shouldBe mapOf("k" to JsonPrimitive(2))
            theirs.remove("k") shouldBe true
            settings.all().shouldBeEmpty()
        }
    }

    test("a change is a part of the caller's transaction; what is read is committed") {
        suspendTransaction(Database.connect(database.jdbcUrl)) {
            settings.put("k", JsonPrimitive(1))
            settings.all().shouldBeEmpty()
            rollback()
        }
        settings.all().shouldBeEmpty()
        suspendTransaction(Database.connect(database.jdbcUrl)) { settings.put("k", JsonPrimitive(1)) }
        settings.all() shouldBe mapOf("k" to JsonPrimitive(1))
    }

    test("on a data source whose transactions are serializable, many changes of one setting take effect") {
        val serializable = PGSimpleDataSource().apply {
            setURL(database.jdbcUrl)
            options = "-c default_transaction_isolation=serializable"
        }
        postgresBackend(serializable).use { theirs ->
            coroutineScope {
                repeat(300) { launch(Dispatchers.Default) { theirs.store.settings.put("k", JsonPrimitive(it)) } }
            }
        }
        settings.all().keys shouldBe setOf("k")
    }

    test("a setting that was written by hand and cannot be read does not hide the others") {
        settings.put("good", JsonPrimitive(1))
        val deep = "[".repeat(5_000) + "]".repeat(5_000)
        database.execute(
            "INSERT INTO pgqueuer_settings (key, value) VALUES ('deep', '$deep'), ('by hand', '{\"a\": 1}')",
        )
        settings.all().keys shouldBe setOf("good", "by hand")
    }

    test("the time of the last change is kept") {
        settings.put("k", JsonPrimitive(1))
        database.execute("UPDATE pgqueuer_settings SET updated = now() - interval '1 hour'")
        settings.put("k", JsonPrimitive(1))
        database.text("SELECT now() - updated < interval '1 minute' FROM pgqueuer_settings") shouldBe "t"
    }
})
