package io.pgqueuer.engine

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.seconds

/** Expressions that were probably written with the seconds first, as Spring and Quartz write them. */
class SecondsFirstSpec : FunSpec({
    suspend fun warnings(expression: String): List<String> {
        var warnings = emptyList<String>()
        engineTest { backend ->
            warnings = warningsOf(WORKER_LOG) {
                start(backend.worker { schedule("s", expression) { } })
                delay(0.1.seconds)
            }
        }
        return warnings
    }

    mapOf(
        "0 0 2 * * *" to "0 2 * * *",
        "0 */5 * * * *" to "*/5 * * * *",
        "*/10 * * * * *" to "* * * * * */10",
        "30 0 9 * * *" to "0 9 * * * 30",
        "0 0 12 1 1 *" to "0 12 1 1 *",
        "0 15 10 * * 1-5" to "15 10 * * 1-5",
    ).forEach { (expression, meant) ->
        test("$expression was probably meant to be $meant") {
            val fields = expression.split(" ")
            val labels = listOf("minute", "hour", "day of month", "month", "day of week", "second")
            warnings(expression) shouldContainExactly listOf(
                "schedule 's': \"$expression\" means ${labels.zip(fields).joinToString {
                    "${it.first} ${it.second}"
                }}: " +
                    "with six fields, the second is the last one. If you wrote the second first, as in Spring and " +
                    "Quartz, write \"$meant\"",
            )
        }
    }

    listOf(
        "* * * * *",
        "0 2 * * *",
        "* * * * * *",
        "* * * * * */3",
        "0 2 * * * 0",
        "0 2 1 * * 30",
        "* 9-17 * * mon-fri *",
        "*/5 * * * * 0-30/10",
        "0 0 1 1 * 1-5",
        "0 9 * * 1-5 0",
        "0 9 * * * 10-20",
        "@daily",
    ).forEach { expression ->
        test("$expression is not suspected") { warnings(expression).shouldBeEmpty() }
    }
})
