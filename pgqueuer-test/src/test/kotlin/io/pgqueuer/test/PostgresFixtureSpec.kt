package io.pgqueuer.test

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.string.shouldStartWith
import java.io.File
import java.net.URLClassLoader
import java.nio.file.Path
import java.sql.DriverManager

class PostgresFixtureSpec : FunSpec({
    val embedded by lazy { PostgresFixture.embedded() }
    afterSpec { embedded.close() }

    fun text(url: String, sql: String): String = DriverManager.getConnection(url).use { connection ->
        connection.createStatement().use { statement ->
            statement.executeQuery(sql).use { rows -> rows.also { it.next() }.getString(1) }
        }
    }

    test("an embedded server says what it is and answers") {
        embedded.origin shouldContain "embedded"
        text(embedded.jdbcUrl, "SELECT current_database()") shouldBe embedded.database.name
        text(embedded.jdbcUrl, "SHOW fsync") shouldBe "off"
    }

    test("new databases are empty and apart") {
        val (one, other) = List(2) { embedded.newDatabase() }
        one.name shouldNotBe other.name
        DriverManager.getConnection(one.jdbcUrl).use { it.createStatement().execute("CREATE TABLE mine (id int)") }
        text(other.jdbcUrl, "SELECT count(*) FROM pg_class WHERE relname = 'mine'") shouldBe "0"
    }

    test("a given server is used, and left without what was created on it") {
        val given = PostgresFixture.start(embedded.dsn)
        given.origin shouldContain PostgresFixture.DSN_VARIABLE
        val database = given.newDatabase()
        text(database.jdbcUrl, "SELECT current_database()") shouldBe database.name
        given.close()
        text(embedded.jdbcUrl, "SELECT count(*) FROM pg_database WHERE datname = '${database.name}'") shouldBe "0"
    }

    test("a connection URI is read and written with what must be encoded") {
        val database = PostgresDatabase.parse("postgresql://a%40b:p%2Fw%3A+x@host:6432/my%20db")
        database shouldBe PostgresDatabase("host", 6432, "my db", "a@b", "p/w:+x")
        PostgresDatabase.parse(database.dsn) shouldBe database
        database.jdbcUrl shouldBe "jdbc:postgresql://host:6432/my%20db?user=a%40b&password=p%2Fw%3A%2Bx"
        PostgresDatabase.parse("postgres://host") shouldBe PostgresDatabase("host", 5432, "postgres", "postgres", "")
        database.toString() shouldNotContain "p/w"
    }

    test("what is no connection URI is refused with the variable, without showing it") {
        for (dsn in listOf("host=h password=S3cret", "mysql://u:S3cret@h/d", "postgresql://u:S3 cret@h", "S3cret")) {
            withClue(dsn) {
                val message = shouldThrow<IllegalArgumentException> { PostgresFixture.start(dsn) }.message.orEmpty()
                message shouldContain PostgresFixture.DSN_VARIABLE
                message shouldNotContain "cret"
            }
        }
    }

    val anEngineAnswers: EnabledOrReasonIf = {
        if (ContainerServer.isUsable()) Enabled.enabled else Enabled.disabled("no Docker engine answers")
    }

    test("a container is used if a Docker engine answers").config(enabledOrReasonIf = anEngineAnswers) {
        PostgresFixture.start(dsn = null).use { fixture ->
            fixture.origin shouldContain "a container of postgres:18"
            text(fixture.newDatabase().jdbcUrl, "SELECT 1") shouldBe "1"
        }
    }

    test("an embedded server is of the major version that this project is built with") {
        text(embedded.jdbcUrl, "SHOW server_version") shouldStartWith "18."
    }

    test("Testcontainers need not be on the class path") {
        val urls = System.getProperty("java.class.path").split(File.pathSeparator)
            .filterNot { "testcontainers" in it }
            .map { Path.of(it).toUri().toURL() }
        URLClassLoader(urls.toTypedArray(), ClassLoader.getPlatformClassLoader()).use { loader ->
            val companion = loader.loadClass("io.pgqueuer.test.ContainerServer\$Companion")
            val instance = loader.loadClass("io.pgqueuer.test.ContainerServer").getField("Companion").get(null)
            companion.getMethod("startOrNull").invoke(instance).shouldBeNull()
        }
    }
})
