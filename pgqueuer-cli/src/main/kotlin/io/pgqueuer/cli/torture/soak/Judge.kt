package io.pgqueuer.cli.torture.soak

import kotlin.time.Duration

/**
 * Judges what was measured while the load lasted for [duration]. The first quarter is for warming up. After it, what must
 * not grow has grown if its median in the last quarter is above the one in the second quarter by more than its [Rule]
 * allows. So a spike is no growth.
 */
internal fun judge(quantities: List<Quantity>, samples: List<Sample>, duration: Duration): List<Finding> {
    val second = samples.filter { it.at in duration / 4..duration / 2 }
    val last = samples.filter { it.at in duration * 0.75..duration }
    return quantities.map { quantity ->
        finding(
            quantity,
            second.median(quantity),
            last.median(quantity),
            samples.values(quantity).maxOrNull(),
            duration,
        )
    }
}

private fun finding(quantity: Quantity, second: Long?, last: Long?, highest: Long?, duration: Duration): Finding {
    val rule = quantity.kind.rule
    val verdict = when {
        second == null || last == null || highest == null -> Verdict.NOT_MEASURED

        rule is Rule.NoGrowth -> when {
            duration / 4 < rule.settlesWithin -> Verdict.TOO_SHORT
            last > second * (1 + rule.share) + rule.floor -> Verdict.GREW
            else -> Verdict.GOOD
        }

        rule is Rule.Below -> if (highest < rule.limit) Verdict.GOOD else Verdict.TOO_HIGH

        else -> Verdict.NOT_JUDGED
    }
    return Finding(quantity, second, last, highest, verdict)
}

private fun List<Sample>.values(quantity: Quantity): List<Long> = mapNotNull { it.values[quantity] }

private fun List<Sample>.median(quantity: Quantity): Long? = values(quantity).sorted().run { getOrNull(size / 2) }
