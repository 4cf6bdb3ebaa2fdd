package io.pgqueuer.build

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.pgqueuer.build.ModuleFolder.Companion.CORE
import io.pgqueuer.build.ModuleFolder.Companion.EXPOSED
import io.pgqueuer.build.ModuleFolder.Companion.JAVA
import io.pgqueuer.build.ModuleFolder.Companion.KTOR
import io.pgqueuer.build.ModuleFolder.Companion.MEMORY
import io.pgqueuer.build.ModuleFolder.Companion.MICROMETER
import io.pgqueuer.build.ModuleFolder.Companion.OPENTELEMETRY
import io.pgqueuer.build.ModuleFolder.Companion.PUBLISHED
import io.pgqueuer.build.ModuleFolder.Companion.SPRING
import io.pgqueuer.build.ModuleFolder.Companion.SPRING_TEST
import io.pgqueuer.build.ModuleFolder.Companion.TEST
import io.pgqueuer.build.ModuleFolder.Companion.TEST_JAVA
import io.pgqueuer.build.ModuleFolder.Companion.WEB

/** What core must not use: databases, and the libraries that access them. */
private val DATABASE = Regex("""(java\.sql|javax\.sql|org\.postgresql|org\.jetbrains\.exposed|com\.zaxxer)\..*""")

private val SQL_STATEMENT = Regex("""\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|DROP|ALTER)\s""")

/** Time, randomness and threads that do not come from outside, and so ignore virtual time and seeds. */
private val UNCONTROLLED = listOf(
    """kotlinx\.coroutines\.GlobalScope""",
    """kotlinx\.coroutines\.\w+\.runBlocking\w*([$]default)?""",
    """java\.lang\.Thread\.sleep""",
    """java\.lang\.System\.(currentTimeMillis|nanoTime)""",
    """java\.time\.\w+\.now""",
    """kotlin\.time\.Clock[$]System""",
    """kotlin\.time\.TimeSource[$]Monotonic""",
    """kotlin\.random\.Random[$]Default""",
    """java\.lang\.Math\.random""",
    """java\.util\.concurrent\.ThreadLocalRandom""",
    """java\.util\.UUID\.randomUUID""",
).joinToString("|").toRegex()

/** The classes of a module for both languages that are for Java. */
private val FOR_JAVA = Regex("""io\.pgqueuer\.java\.""")

private val ENGINE = Regex("""io\.pgqueuer\.engine\..*""")

/** The only place that may name the system's clock and randomness: as defaults, which the caller can replace. */
private val RUNTIME_PORT = Regex("""io\.pgqueuer\.port\.EngineRuntime([$]Companion)? uses kotlin\..*""")

class ArchitectureSpec : FunSpec({
    test("classes of core are there to be checked") {
        CORE.classes.shouldNotBeEmpty()
    }

    test("core uses no database and no database library") {
        CORE.uses(DATABASE).shouldBeEmpty()
    }

    test("core has no SQL") {
        CORE.classes.flatMap { file -> file.strings.filter(SQL_STATEMENT::matchesAt0).map { "${file.name}: $it" } }
            .shouldBeEmpty()
    }

    test("core uses no other module") {
        CORE.usesOf(PUBLISHED - CORE).shouldBeEmpty()
    }

    test("an adapter uses no other adapter") {
        MEMORY.usesOf(listOf(EXPOSED)).shouldBeEmpty()
        EXPOSED.usesOf(listOf(MEMORY)).shouldBeEmpty()
    }

    test("the Java facade uses core and the adapters, but not the engine or test tools") {
        JAVA.classes.shouldNotBeEmpty()
        JAVA.uses(ENGINE).shouldBeEmpty()
        JAVA.usesOf(listOf(TEST, TEST_JAVA)).shouldBeEmpty()
    }

    test("nothing but what is for Java uses the Java facade") {
        (PUBLISHED - JAVA - TEST_JAVA - SPRING - SPRING_TEST).flatMap {
            it.usesOf(listOf(JAVA))
        }.filterNot(FOR_JAVA::matchesAt0).shouldBeEmpty()
    }

    test("the metrics use core alone") {
        MICROMETER.shouldUseOnly(CORE, JAVA)
    }

    test("tracing uses core alone, and not its engine") {
        OPENTELEMETRY.shouldUseOnly(CORE)
    }

    test("the dashboard uses core alone, and not its engine") {
        WEB.shouldUseOnly(CORE, JAVA)
    }

    test("the plugin for Ktor uses core alone, and not its engine") {
        KTOR.shouldUseOnly(CORE)
    }

    test("the Spring Boot starter uses neither the engine nor test tools") {
        SPRING.classes.shouldNotBeEmpty()
        SPRING.uses(ENGINE).shouldBeEmpty()
        SPRING.usesOf(listOf(MEMORY, TEST, TEST_JAVA, SPRING_TEST)).shouldBeEmpty()
    }

    test("time, randomness and threads come into core from outside") {
        CORE.uses(UNCONTROLLED).filterNot(RUNTIME_PORT::matches).shouldBeEmpty()
    }

    for (module in PUBLISHED) {
        test("the public API of $module shows nothing of cron-utils") {
            publicApi(module).lines().filter { "com/cronutils/" in it }.shouldBeEmpty()
        }
    }

    test("code that breaks the rules is found") {
        val offender = checkNotNull(Offender::class.java.getResourceAsStream("Offender.class")).use {
            ClassFile.parse(it.readBytes())
        }

        offender.references.filter(UNCONTROLLED::matches) shouldContainExactlyInAnyOrder listOf(
            "kotlinx.coroutines.GlobalScope",
            "kotlinx.coroutines.BuildersKt.runBlocking\$default",
            "java.lang.Thread.sleep",
            "java.lang.System.currentTimeMillis",
            "java.lang.System.nanoTime",
            "java.time.Instant.now",
            "kotlin.time.Clock\$System",
            "kotlin.time.TimeSource\$Monotonic",
            "kotlin.random.Random\$Default",
            "java.util.UUID.randomUUID",
        )
        offender.references.filter(DATABASE::matches) shouldContainExactlyInAnyOrder listOf("java.sql.Connection")
        offender.strings.filter(SQL_STATEMENT::matchesAt0) shouldContainExactlyInAnyOrder listOf("SELECT 1")
    }
})

private fun Regex.matchesAt0(text: String) = matchesAt(text, 0)

private fun ModuleFolder.uses(forbidden: Regex): List<String> = classes.flatMap { file ->
    file.references.filter(forbidden::matches).map { "${file.name} uses $it" }
}

/** Of our modules only the [allowed] ones, and nothing of the engine. */
private fun ModuleFolder.shouldUseOnly(vararg allowed: ModuleFolder) {
    classes.shouldNotBeEmpty()
    uses(ENGINE).shouldBeEmpty()
    usesOf(PUBLISHED - allowed.toSet() - this).shouldBeEmpty()
}

private fun ModuleFolder.usesOf(others: List<ModuleFolder>): List<String> {
    val forbidden = others.flatMapTo(mutableSetOf(), ModuleFolder::classNames) - classNames
    return classes.flatMap { file -> file.classes.filter(forbidden::contains).map { "${file.name} uses $it" } }
}
