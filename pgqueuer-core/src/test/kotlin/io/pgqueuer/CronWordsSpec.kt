package io.pgqueuer

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class CronWordsSpec :
    FunSpec({
        val cases = listOf(
            "* * * * *" to "every minute",
            "*/5 * * * *" to "every 5 minutes",
            "7-59/10 * * * *" to "at minute 7, 17, 27, 37, 47 and 57 of every hour",
            "0 * * * *" to "at minute 0 of every hour",
            "@hourly" to "at minute 0 of every hour",
            "0,30 * * * *" to "at minute 0 and 30 of every hour",
            "0 */2 * * *" to "at minute 0 of every 2nd hour",
            "0,30 9-17 * * mon-fri" to "at minute 0 and 30 of the hours 9 to 17 on Monday to Friday",
            "*/15 9-17 * * *" to "every 15 minutes of the hours 9 to 17",
            "0 2 * * *" to "every day at 02:00",
            "30 2,14 * * *" to "every day at 02:30 and 14:30",
            "9 12 * * * 30" to "every day at 12:09:30",
            "* * * * * *" to "every second",
            "* * * * * */10" to "every 10 seconds",
            "* * * * * 30" to "at second 30 of every minute",
            "0 * * * * 30" to "at second 30 at minute 0 of every hour",
            "0 0 1 * *" to "at 00:00 on day 1 of the month",
            "0 0 1,15 * *" to "at 00:00 on day 1 and day 15 of the month",
            "0 0 L * *" to "at 00:00 on the last day of the month",
            "0 0 */2 * *" to "at 00:00 on every 2nd from day 1 to day 31 of the month",
            "0 3 * * 1#3" to "at 03:00 on the third Monday of the month",
            "0 3 * * L5" to "at 03:00 on the last Friday of the month",
            "0 0 1 * sun" to "at 00:00 on day 1 of the month and on Sunday",
            "0 0 * * sat-sun" to "at 00:00 on Saturday to Sunday",
            "0 0 * * 7" to "at 00:00 on Sunday",
            "0 0 1-31 * *" to "every day at 00:00",
            "0 0 1-31 * 1" to "every day at 00:00",
            "0 0 ? * 1" to "at 00:00 on Monday",
            "15 4 1 1 *" to "at 04:15 on day 1 of the month in January",
            "0 3 * 1-3 *" to "every day at 03:00 in January to March",
            "0 3 * */3 *" to "every day at 03:00 in January, April, July and October",
            "0 0-23/6 * * *" to "at minute 0 of every 6th hour",
            "@yearly" to "at 00:00 on day 1 of the month in January",
        )
        for ((text, words) in cases) {
            test("'$text' is $words") { CronExpression.parse(text).describe() shouldBe words }
        }
    })
