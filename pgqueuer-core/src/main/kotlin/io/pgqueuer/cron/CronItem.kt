package io.pgqueuer.cron

/** One item of a field's list. */
internal sealed interface CronItem {
    /** `*` and `?`: no restriction, whatever else the list contains. */
    data object Any : CronItem {
        override fun toString(): String = "*"
    }

    /** A value, a range or a step. Sunday can be 7 here. */
    data class Span(
        val first: Int,
        val last: Int,
        val step: Int,
    ) : CronItem {
        val values: IntProgression get() = first..last step step

        override fun toString(): String = when {
            // The library checks a step against the field, and refuses steps that never have an effect.
            step > last - first -> "$first"

            step == 1 -> "$first-$last"

            else -> "$first-$last/$step"
        }
    }

    /** `L` as a day of the month. */
    data object LastDay : CronItem {
        override fun toString(): String = "L"
    }

    /** `1#3`: the third Monday of the month. */
    data class NthWeekday(
        val weekday: Int,
        val nth: Int,
    ) : CronItem {
        override fun toString(): String = "$weekday#$nth"
    }

    /** `L5`: the last Friday of the month. */
    data class LastWeekday(
        val weekday: Int,
    ) : CronItem {
        // The library writes it the other way round.
        override fun toString(): String = "${weekday}L"
    }
}
