package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.exposed.internal.settings.driverProperties
import io.pgqueuer.exposed.internal.settings.toJdbcUrl
import org.postgresql.Driver
import java.util.Properties
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class PostgresSettingsSpec : FunSpec({
    test("a URI is read in full") {
        val settings = PostgresSettings.parse(
            "postgresql://m%C3%BCller:p%40ss%2Fw%3A%20d@db.internal:6432/my%20app?sslmode=verify-full" +
                "&application_name=shop%26co&connect_timeout=3",
        )
        settings.user shouldBe "müller"
        settings.password shouldBe "p@ss/w: d"
        settings.hosts shouldContainExactly listOf(PostgresHost("db.internal", 6432))
        settings.database shouldBe "my app"
        settings.properties shouldBe mapOf("sslmode" to "verify-full")
        settings.applicationName shouldBe "shop&co"
        settings.connectTimeout shouldBe 3.seconds
    }

    test("what a URI leaves out has libpq's defaults") {
        val me = System.getProperty("user.name")
        for (dsn in listOf("postgresql://", "postgres://", "postgresql:///", "postgresql://?sslmode=prefer")) {
            withClue(dsn) {
                val settings = PostgresSettings.parse(dsn)
                settings.user shouldBe me
                settings.database.shouldBeNull()
                settings.databaseName shouldBe me
                settings.password.shouldBeNull()
                settings.hosts shouldContainExactly listOf(PostgresHost("localhost", 5432))
            }
        }
        PostgresSettings.parse("postgresql://ada@/").databaseName shouldBe "ada"
        PostgresSettings.parse("postgresql:///shop?user=ada&host=h&port=1").run {
            listOf(user, database, hosts.single().toString()) shouldBe listOf("ada", "shop", "h:1")
        }
    }

    test("several hosts are kept in order, IPv6 addresses among them") {
        PostgresSettings.parse("postgresql://a,b:1,[::1]:2,[2001:db8::1]/x").hosts shouldContainExactly
            listOf(PostgresHost("a"), PostgresHost("b", 1), PostgresHost("::1", 2), PostgresHost("2001:db8::1"))
        PostgresSettings.parse("host=a,b port=7 dbname=x").hosts shouldContainExactly
            listOf(PostgresHost("a", 7), PostgresHost("b", 7))
        PostgresSettings.parse("host=a,b port=7,8 dbname=x").hosts shouldContainExactly
            listOf(PostgresHost("a", 7), PostgresHost("b", 8))
    }

    test("pairs are read with quotes, escapes and spaces around the equals sign") {
        val settings = PostgresSettings.parse(
            """host = db  port=5433 dbname='my app' user=o\'neill password = 'it\'s \\ "x" ' sslmode='require'""",
        )
        settings.hosts shouldContainExactly listOf(PostgresHost("db", 5433))
        settings.database shouldBe "my app"
        settings.user shouldBe "o'neill"
        settings.password shouldBe """it's \ "x" """
        settings.properties shouldBe mapOf("sslmode" to "require")
        PostgresSettings.parse("user=a password=").password shouldBe ""
    }

    test("libpq's parameters become the driver's, and the driver's own pass") {
        PostgresSettings.parse(
            "postgresql://h/db?target_session_attrs=read-write&channel_binding=require&keepalives=0" +
                "&options=-c%20geqo%3Doff&prepareThreshold=0&keepalives_idle=10&client_encoding=UTF8&ssl=true",
        ).properties shouldBe mapOf(
            "targetServerType" to "primary",
            "channelBinding" to "require",
            "tcpKeepAlive" to "false",
            "options" to "-c geqo=off",
            "prepareThreshold" to "0",
            "sslmode" to "require",
        )
    }

    test("the driver understands the URL that it is given") {
        val settings = PostgresSettings {
            user = "u"
            database = "my /?&=% db"
            hosts = listOf(PostgresHost("a", 1), PostgresHost("::1", 2))
            connectTimeout = 2500.milliseconds
        }
        val read = checkNotNull(Driver.parseURL(settings.toJdbcUrl(), Properties()))
        read.getProperty("PGDBNAME") shouldBe "my /?&=% db"
        read.getProperty("PGHOST") shouldBe "a,[::1]"
        read.getProperty("PGPORT") shouldBe "1,2"
        settings.driverProperties() shouldBe mapOf(
            "loginTimeout" to "3",
            "connectTimeout" to "2",
            "tcpKeepAlive" to "true",
            "ApplicationName" to "pgqueuer",
            "targetServerType" to "primary",
        )
    }

    test("of several hosts the primary is wanted, unless something else is said; of one, that one") {
        fun target(dsn: String) = PostgresSettings.parse(dsn).driverProperties()["targetServerType"]
        target("postgresql://a,b/d") shouldBe "primary"
        target("postgresql://a,b/d?target_session_attrs=any") shouldBe "any"
        target("postgresql://a,b/d?targetServerType=preferSecondary") shouldBe "preferSecondary"
        target("postgresql://a/d").shouldBeNull()
    }

    test("an error names what is wrong and the fix, and no password is shown") {
        for ((dsn, part) in mapOf(
            "mysql://u:S3cret@h/d" to "postgresql://",
            "just S3cret" to "postgresql://",
            "postgresql://u:S3cret/x@h/d" to "%2F",
            "postgresql://u:S3cret%@h/d" to "password",
            "postgresql://u:S3cret%zz@h/d" to "%25",
            "postgresql://u:S3cret%00@h/d" to "password",
            "postgresql://u:S3cret@h:S3cret/d" to "port",
            "postgresql://u:S3cret@h:70000/d" to "70000",
            "postgresql://u:S3cret@h:0/d" to "port",
            "postgresql://u:S3cret@[::1/d" to "IPv6",
            "postgresql://u:S3cret@h/d?sslcrl=x" to "sslcrl",
            "postgresql://u:S3cret@h/d?sslmode" to "name=value",
            "postgresql://u:S3cret@h/d?connect_timeout=soon" to "connect_timeout",
            "postgresql://u:S3cret@h/d?target_session_attrs=fast" to "prefer-standby",
            "postgresql://u:S3cret@a,b:1,c/d?port=1,2" to "3 hosts and 2 ports",
            "host=/var/run/postgresql password=S3cret" to "localhost",
            "host=h password=it is S3cret" to "quotes",
            "host=h password='S3cret" to "password",
            "host=h port=x password=S3cret" to "port",
            "host=a,b,c port=1,2 password=S3cret" to "3 hosts and 2 ports",
        )) {
            withClue(dsn) {
                val message = shouldThrow<IllegalArgumentException> { PostgresSettings.parse(dsn) }.message.orEmpty()
                message shouldContain part
                message shouldNotContain "S3cret"
                message.lines().size shouldBe 1
            }
        }
    }

    test("settings show no password") {
        val settings = PostgresSettings.parse("postgresql://u:S3cret@h/d?sslpassword=S3cret")
        settings.toString() shouldNotContain "S3cret"
        settings.toString() shouldContain "u@h:5432/d"
    }

    test("values out of bounds are refused with the value") {
        shouldThrow<IllegalArgumentException> { PostgresSettings { poolMaxSize = 0 } }.message shouldContain "was 0"
        shouldThrow<IllegalArgumentException> { PostgresSettings { connectTimeout = 10.milliseconds } }
            .message shouldContain "10ms"
        shouldThrow<IllegalArgumentException> { PostgresSettings { applicationName = " " } }
            .message shouldContain "applicationName"
        shouldThrow<IllegalArgumentException> { PostgresSettings { hosts = emptyList() } }.message shouldContain "hosts"
        shouldThrow<IllegalArgumentException> { PostgresSettings { user = "" } }.message shouldContain "user"
    }

    test("only plain identifiers serve as prefix and schema") {
        for (name in listOf("a-b", "1a", "a b", "a\"; DROP TABLE x; --", "a'", "é", "a.b", "a\n")) {
            withClue(name) {
                shouldThrow<IllegalArgumentException> { PostgresSettings { prefix = name } }
                    .message shouldContain "prefix"
                shouldThrow<IllegalArgumentException> { PostgresSettings { schema = name } }
                    .message shouldContain "schema"
                shouldThrow<IllegalArgumentException> { PostgresSchema(prefix = name) }
            }
        }
        shouldThrow<IllegalArgumentException> { PostgresSettings { schema = "" } }.message shouldContain "schema"
        shouldThrow<IllegalArgumentException> { PostgresSettings { prefix = "p".repeat(28) } }.message shouldContain
            "27"
        shouldThrow<IllegalArgumentException> { PostgresSettings { schema = "s".repeat(64) } }.message shouldContain
            "63"
    }

    context("environment") {
        test("an empty one gives the defaults") {
            PostgresSettings.fromEnvironment(emptyMap()) shouldBe PostgresSettings.DEFAULT
        }

        test("libpq's variables are read") {
            val settings = PostgresSettings.fromEnvironment(
                mapOf(
                    "PGHOST" to "a,b",
                    "PGPORT" to "1,2",
                    "PGDATABASE" to "d",
                    "PGUSER" to "u",
                    "PGPASSWORD" to "p",
                    "PGSSLMODE" to "verify-ca",
                    "PGSSLROOTCERT" to "/ca.pem",
                    "PGCONNECT_TIMEOUT" to "4",
                    "PGAPPNAME" to "mine",
                    "PGOPTIONS" to "",
                ),
            )
            settings shouldBe
                PostgresSettings {
                    user = "u"
                    database = "d"
                    password = "p"
                    hosts = listOf(PostgresHost("a", 1), PostgresHost("b", 2))
                    properties = mapOf("sslmode" to "verify-ca", "sslrootcert" to "/ca.pem")
                    connectTimeout = 4.seconds
                    applicationName = "mine"
                }
        }

        test("PGQUEUER_DSN comes before PGDSN, and that before the rest, which fills what it leaves out") {
            val environment = mapOf(
                "PGQUEUER_DSN" to "postgresql://u@first/d",
                "PGDSN" to "host=second dbname=d user=u",
                "PGHOST" to "third",
                "PGPASSWORD" to "p",
            )
            PostgresSettings.fromEnvironment(environment).run {
                hosts.single().name shouldBe "first"
                password shouldBe "p"
            }
            PostgresSettings.fromEnvironment(environment - "PGQUEUER_DSN").hosts.single().name shouldBe "second"
            PostgresSettings.fromEnvironment(environment + ("PGQUEUER_DSN" to "")).hosts.single().name shouldBe "second"
            PostgresSettings.fromEnvironment(environment - "PGQUEUER_DSN" - "PGDSN").hosts.single().name shouldBe
                "third"
        }

        test("our own variables come before what a connection string says") {
            val settings = PostgresSettings.fromEnvironment(
                mapOf(
                    "PGQUEUER_DSN" to "postgresql://u@h/d?connect_timeout=3&application_name=x",
                    "PGQUEUER_PREFIX" to "p_",
                    "PGQUEUER_SCHEMA" to "s",
                    "PGQUEUER_POOL_MAX_SIZE" to "9",
                    "PGQUEUER_CONNECT_TIMEOUT" to "7",
                    "PGQUEUER_APPLICATION_NAME" to "y",
                    "PGQUEUER_LISTENER_HOSTS" to "db1,db2:5433,[::1]:5434,[fe80::1]",
                ),
            )
            settings.listenerHosts shouldBe listOf(
                PostgresHost("db1"),
                PostgresHost("db2", 5433),
                PostgresHost("::1", 5434),
                PostgresHost("fe80::1"),
            )
            listOf(settings.prefix, settings.schema, settings.applicationName) shouldBe listOf("p_", "s", "y")
            settings.poolMaxSize shouldBe 9
            settings.connectTimeout shouldBe 7.seconds
        }

        test("a wrong variable is named, and no password is shown") {
            for ((name, value) in mapOf(
                "PGQUEUER_POOL_MAX_SIZE" to "many",
                "PGQUEUER_CONNECT_TIMEOUT" to "0",
                "PGQUEUER_PREFIX" to "a-b",
                "PGQUEUER_SCHEMA" to "a.b",
                "PGQUEUER_DSN" to "S3cret",
                "PGDSN" to "postgresql://u:S3cret%@h/d",
                "PGQUEUER_LISTENER_HOSTS" to "db1:S3cret",
                "PGPORT" to "x",
                "PGHOST" to "/tmp",
                "PGCONNECT_TIMEOUT" to "1s",
                "PGTARGETSESSIONATTRS" to "fast",
            )) {
                withClue(name) {
                    val message = shouldThrow<IllegalArgumentException> {
                        PostgresSettings.fromEnvironment(mapOf(name to value))
                    }.message.orEmpty()
                    message shouldContain name
                    message shouldNotContain "S3cret"
                }
            }
        }
    }

    test("a raw '/' before the '@' of a password is refused, and no part of the password is shown") {
        for (dsn in listOf("postgresql://u:12/S3cret@db/shop", "postgresql://u:p@S3/cret@db/shop")) {
            val message = shouldThrow<IllegalArgumentException> { PostgresSettings.parse(dsn) }.message.orEmpty()
            message shouldContain "%2F"
            message shouldNotContain "S3"
            message shouldNotContain "cret"
        }
    }
})
