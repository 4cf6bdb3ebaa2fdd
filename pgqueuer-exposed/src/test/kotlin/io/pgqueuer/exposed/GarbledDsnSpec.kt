package io.pgqueuer.exposed

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.exposed.internal.settings.toJdbcUrl
import kotlin.random.Random

/** Connection strings with random faults: each is read, or refused by an error that names the fault. */
class GarbledDsnSpec : FunSpec({
    for (seed in 1..8) {
        test("5,000 garbled connection strings, seed $seed") {
            val random = Random(seed)
            var read = 0
            repeat(5_000) {
                val dsn = random.garbled(VALID.random(random))
                withClue("the connection string $dsn") {
                    try {
                        PostgresSettings.parse(dsn).toJdbcUrl()
                        read++
                    } catch (e: Throwable) {
                        e.shouldBeInstanceOf<IllegalArgumentException>()
                        e.message.orEmpty().isBlank() shouldBe false
                        if (SECRET in dsn && !NAMES_IT.containsMatchIn(dsn)) e.message.orEmpty() shouldNotContain SECRET
                    }
                }
            }
            // Otherwise, the faults hide what comes after the first check.
            (read in 500..4_900) shouldBe true
        }
    }
})

private const val SECRET = "Sesame7Open"

/** Where the password became the name of a parameter, the error names it. */
private val NAMES_IT = Regex("$SECRET[A-Za-z0-9_.-]*\\s*=")

private val VALID = listOf(
    "postgresql://ada:$SECRET@db.example.org:5433/shop?sslmode=require&connect_timeout=5",
    "postgres://ada:$SECRET@a:1,b:2/shop?target_session_attrs=any",
    "postgresql:///shop?host=db&port=5432&user=ada&password=$SECRET",
    "postgresql://[2001:db8::1]:5432/shop?user=ada&password=$SECRET",
    "jdbc:postgresql://db:5432/shop?user=ada&password=$SECRET&ssl=true",
    "host=db,other port=5432 dbname=shop user=ada password=$SECRET application_name='my jobs'",
    "host='db' user = ada password = '$SECRET' options='-c search_path=a'",
)

private val PIECES = listOf(
    "%", "%4", "%zz", "%00", "\u0000", "'", "\"", "\\", "\\'", "=", "==", "&", "&&", "?", "??", "#", "@", "@@", ":",
    "::", "/", "//", "///", "[", "]", ",", ",,", " ", "  ", "\t", "\n", "-1", "0", "65536", "99999999999999999999",
    "true", "ä", "😀", "\ud800", "sslmode=", "host", "port=", "service=none", "password", "connect_timeout=x", "jdbc:",
    "postgresql://",
)

/** Changes one to three places. */
private fun Random.garbled(text: String): String {
    var garbled = text
    repeat(nextInt(1, 4)) {
        val from = nextInt(garbled.length + 1)
        val until = minOf(garbled.length, from + if (nextBoolean()) 0 else nextInt(6))
        garbled = garbled.replaceRange(from, until, if (nextInt(4) == 0) "" else PIECES.random(this))
    }
    return garbled
}
