package io.pgqueuer.cli.torture.soak

/** What is said of a quantity; [isBad] if the soak has failed by it. */
internal enum class Verdict(
    val label: String,
    val isBad: Boolean = false,
) {
    GOOD("good"),
    GREW("grew", isBad = true),
    TOO_HIGH("too high", isBad = true),
    NOT_MEASURED("not measured", isBad = true),
    TOO_SHORT("too short to judge"),
    NOT_JUDGED("not judged"),
}

/**
 * What became of a quantity.
 *
 * @property second its median in the second quarter of the load; null if it was not measured then.
 * @property last its median in the last quarter; null if it was not measured then.
 * @property highest its highest value of all samples.
 */
internal class Finding(
    val quantity: Quantity,
    val second: Long?,
    val last: Long?,
    val highest: Long?,
    val verdict: Verdict,
)
