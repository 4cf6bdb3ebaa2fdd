package io.pgqueuer.cli.torture.check

/**
 * What the checker found.
 *
 * @property violations the broken rules.
 * @property lost how many jobs were lost.
 * @property repeats how many runs were repeated although they had not failed.
 */
internal class Verdict(
    val violations: List<String>,
    val lost: Int,
    val repeats: Map<Cause, Int>,
)
