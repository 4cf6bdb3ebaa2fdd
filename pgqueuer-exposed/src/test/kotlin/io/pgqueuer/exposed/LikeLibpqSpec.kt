package io.pgqueuer.exposed

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.pgqueuer.exposed.internal.connection.openDirectly
import java.nio.file.attribute.PosixFilePermissions
import java.sql.SQLException
import java.util.concurrent.TimeUnit
import kotlin.io.path.setPosixFilePermissions
import kotlin.io.path.writeText

/**
 * Connection strings mean what they mean to libpq. Each is used on a real server, and given to `psql` if that is
 * installed: the table cannot say something wrong about libpq there.
 */
class LikeLibpqSpec : FunSpec({
    val server = autoClose(SecuredServer())
    val port = server.database.port
    val serviceFile = server.directory.resolve("services")
    val passwordFile = server.directory.resolve("passwords")
    val openFile = server.directory.resolve("open")
    val psql = runCatching { ProcessBuilder("psql", "--version").start().waitFor() == 0 }.getOrDefault(false)

    beforeSpec {
        server.database.execute("CREATE ROLE anne LOGIN PASSWORD 'x?y@z:/%#''\\ w'")
        server.database.execute("CREATE ROLE ben LOGIN PASSWORD 'plain'")
        server.database.execute("CREATE DATABASE shop")
        serviceFile.writeText(
            """
            # a comment
            [empty]

            [shop]
            host=localhost
            port=$port
            user=ben
            password=plain
            dbname=shop
            user=nobody
            [nested]
            service=shop
            [strange]
            colour=blue
            [broken]
            secret
            """.trimIndent(),
        )
        val passwords = """
            # host:port:database:user:password
            elsewhere:*:*:*:wrong
            localhost:$port:postgres:anne:x?y@z\:/%#'\\ w
            *:*:*:ben:plain
        """.trimIndent()
        listOf(passwordFile to "rw-------", openFile to "rw-r--r--").forEach { (file, permissions) ->
            file.writeText(passwords)
            file.setPosixFilePermissions(PosixFilePermissions.fromString(permissions))
        }
    }

    /** Who is connected to which database, and whether encrypted. */
    val who = "SELECT concat_ws(' ', current_user, current_database(), ssl) FROM pg_stat_ssl " +
        "WHERE pid = pg_backend_pid()"

    /** Returns what [who] says, or null if there is no connection. */
    fun ours(dsn: String, environment: Map<String, String>): String? = try {
        val settings = PostgresSettings.fromEnvironment(environment + ("PGQUEUER_DSN" to dsn))
        settings.openDirectly().use { it.texts(who).single() }
    } catch (_: IllegalArgumentException) {
        null
    } catch (_: SQLException) {
        null
    }

    fun libpqs(dsn: String, environment: Map<String, String>): String? {
        val process = ProcessBuilder("psql", "-X", "-w", "-At", "-d", dsn, "-c", who)
            .apply {
                environment().keys.removeAll { it.startsWith("PG") }
                environment() += environment + mapOf("HOME" to "${server.directory}", "PGCONNECT_TIMEOUT" to "5")
            }
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
        val output = process.inputReader().readText().trim()
        check(process.waitFor(30, TimeUnit.SECONDS)) { "psql hangs" }
        return output.takeIf { process.exitValue() == 0 }
    }

    /** @param toLibpq the same for libpq, if that differs on purpose. Null: no connection. */
    fun means(
        dsn: String,
        meaning: String?,
        vararg environment: Pair<String, String>,
        toLibpq: String? = meaning,
        compared: Boolean = true,
    ) {
        val variables = environment.toMap()
        test(
            "$dsn ${variables.keys.joinToString(" ")}".replace("$port", "PORT").replace("${server.directory}", "DIR"),
        ) {
            ours(dsn, variables) shouldBe meaning
            if (psql && compared) libpqs(dsn, variables) shouldBe toLibpq
        }
    }

    val services = "PGSERVICEFILE" to "$serviceFile"
    val anne = "anne:x%3Fy%40z%3A%2F%25%23%27%5C%20w"
    val ben = "ben:plain@localhost:$port"

    // The first: of several hosts, the driver leaves out for 10 s those that refused a connection.
    means("postgresql://ben:plain@localhost:1,localhost:$port/shop", "ben shop t")
    means("postgresql://$anne@localhost:$port/postgres", "anne postgres t")
    means("postgres://$ben/shop", "ben shop t")
    means("postgresql://$ben/shop?application_name=a%26b", "ben shop t")
    means("postgresql://ben@localhost:$port/shop", null)
    means("postgresql://ben:wrong@localhost:$port/shop", null)
    means("postgresql:///shop?host=localhost&port=$port&user=ben&password=plain", "ben shop t")
    means("postgresql://localhost/shop?port=$port&user=ben&password=plain", "ben shop t")
    means("postgresql://$ben/shop?colour=blue", null)
    means("host=localhost port = $port user='ben' password=pl\\ain dbname=shop", "ben shop t")
    means("host=localhost port=$port user=anne dbname=postgres password='x?y@z:/%#\\'\\\\ w'", "anne postgres t")
    means("hostaddr=127.0.0.1 port=$port user=ben password=plain dbname=shop", "ben shop t")
    means("user=ben dbname=shop", "ben shop t", "PGHOST" to "localhost", "PGPORT" to "$port", "PGPASSWORD" to "plain")

    // Raw characters of a password: libpq takes the first, and misreads the others.
    means("postgresql://anne:x?y%40z%3A%2F%25%23%27%5C%20w@localhost:$port/postgres", null, toLibpq = "anne postgres t")
    means("postgresql://anne:x%3Fy@z%3A%2F%25%23%27%5C%20w@localhost:$port/postgres", "anne postgres t", toLibpq = null)
    means("postgresql://anne:x%3Fy%40z%3A/%25%23%27%5C%20w@localhost:$port/postgres", null)

    means("service=shop", "ben shop t", services)
    means("postgresql://?service=shop", "ben shop t", services)
    means("service=shop dbname=postgres", "ben postgres t", services)
    means("dbname=postgres", "ben postgres t", services, "PGSERVICE" to "shop")
    means("service=shop", "ben shop t", services, "PGHOST" to "nowhere", "PGUSER" to "anne")
    means(
        "service=empty user=ben password=plain dbname=shop",
        "ben shop t",
        services,
        "PGHOST" to "localhost",
        "PGPORT" to "$port",
    )
    means("service=missing", null, services)
    means("service=nested", null, services)
    means("service=strange", null, services)
    means("service=broken", null, services)
    means("service=shop", null, "PGSERVICEFILE" to "$serviceFile.not")

    val noPassword = "host=localhost port=$port"
    means("$noPassword user=anne dbname=postgres passfile=$passwordFile", "anne postgres t")
    means("$noPassword user=anne dbname=shop passfile=$passwordFile", null)
    means("$noPassword user=ben dbname=shop", "ben shop t", "PGPASSFILE" to "$passwordFile")
    means("$noPassword user=ben dbname=shop password=wrong passfile=$passwordFile", null)
    means("$noPassword user=ben dbname=shop passfile=$openFile", null)
    means("$noPassword user=ben dbname=shop passfile=$passwordFile.not", null)

    val right = "sslrootcert=${server.root}"
    val wrong = "sslrootcert=${server.otherRoot}"
    val byAddress = "ben:plain@127.0.0.1:$port"
    means("postgresql://$ben/shop?sslmode=disable", "ben shop f")
    means("postgresql://$ben/shop?sslmode=require", "ben shop t")
    means("postgresql://$ben/shop?ssl=true", "ben shop t")
    means("postgresql://$ben/shop?sslmode=require&$right", "ben shop t")
    means("postgresql://$ben/shop?sslmode=require&$wrong", null)
    means("postgresql://$ben/shop?sslmode=require", null, "PGSSLROOTCERT" to "${server.otherRoot}")
    means("postgresql://$ben/shop?ssl=true&$wrong", null)
    means("postgresql://$byAddress/shop?sslmode=require&$right", "ben shop t")
    means("postgresql://$byAddress/shop?sslmode=verify-ca&$right", "ben shop t")
    means("postgresql://$ben/shop?sslmode=verify-ca&$wrong", null)
    means("postgresql://$ben/shop?sslmode=verify-full&$right", "ben shop t")
    means("postgresql://$byAddress/shop?sslmode=verify-full&$right", null)
    means("postgresql://$ben/shop?sslmode=verify-full", null)
    means("postgresql://$ben/shop?sslmode=required", null)
    // libpq verifies nothing if the file is missing.
    means("postgresql://$ben/shop?sslmode=require&sslrootcert=${server.root}.not", null, toLibpq = "ben shop t")
    // From libpq 16 on.
    means("postgresql://$ben/shop?sslmode=require&sslrootcert=system", null, compared = false)
    means("postgresql://$ben/shop?sslrootcert=system", null, compared = false)

    val jdbc = "user=ben&password=plain"
    means("jdbc:postgresql://localhost:$port/shop?$jdbc", "ben shop t", compared = false)
    means("jdbc:postgresql://localhost:$port/shop?$jdbc&ssl=true&$right", "ben shop t", compared = false)
    means("jdbc:postgresql://localhost:$port/shop?$jdbc&ssl&$right", "ben shop t", compared = false)
    means("jdbc:postgresql://127.0.0.1:$port/shop?$jdbc&ssl=true&$right", null, compared = false)
    means("jdbc:postgresql://localhost:$port/shop?$jdbc&ssl=true&$wrong", null, compared = false)
    means("jdbc:postgresql://localhost:$port/shop?$jdbc&ssl=true", null, compared = false)
    means("jdbc:postgresql://127.0.0.1:$port/shop?$jdbc&ssl=true&sslmode=require", "ben shop t", compared = false)

    test("errors of services and password files name the file, the service and the fix, and no secret") {
        fun message(dsn: String) = shouldThrow<IllegalArgumentException> {
            PostgresSettings.fromEnvironment(mapOf("PGQUEUER_DSN" to dsn, services))
        }.message!!
        message("service=missing") shouldContain "service 'missing' is in none of [$serviceFile, "
        message("service=nested") shouldContain "must not name another service"
        message("service=strange") shouldBe "parameter 'colour' of service 'strange' is not supported; leave it out, " +
            "or give a DataSource that has it"
        message("service=broken").also { it shouldContain "$serviceFile: each line" } shouldNotContain "secret"
        message("host=localhost hostaddr=127.0.0.1") shouldContain "give one of them"
        passwordFile.resolveSibling("differing").also {
            it.writeText("a:*:*:*:one\nb:*:*:*:two\n")
            it.setPosixFilePermissions(PosixFilePermissions.fromString("rw-------"))
            message("host=a,b passfile=$it") shouldContain "the passwords of [a:5432, b:5432] in $it differ"
        }
    }
})
