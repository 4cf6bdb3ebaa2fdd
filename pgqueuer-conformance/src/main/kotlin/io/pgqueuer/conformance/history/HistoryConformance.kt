package io.pgqueuer.conformance.history

import io.kotest.assertions.withClue
import io.kotest.core.factory.TestFactory
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.conformance.AdapterHarness

/**
 * Plays generated histories on the contract's [Model] and on the adapter of [harness]. After every step, both must show
 * the same state.
 *
 * `-Dpgqueuer.history.seeds=1000` plays that many histories. `-Dpgqueuer.history.seed=17` plays only that one.
 */
fun historyConformance(harness: AdapterHarness): TestFactory = histories("the model", harness) {
    val model = Model()
    Player(model, model, model) { model.advance(it) }
}

/** Plays the same histories on two adapters and requires the same results. */
fun historyConformance(reference: AdapterHarness, harness: AdapterHarness): TestFactory =
    histories("the other adapter", harness) { Player.on(reference) }

private fun histories(reference: String, harness: AdapterHarness, expected: suspend () -> Player) = funSpec {
    test("every history looks as on $reference, step by step") {
        for (seed in seeds()) compare(seed, expected(), Player.on(harness))
    }
}

private suspend fun compare(seed: Long, expected: Player, actual: Player) {
    val history = historyOf(seed, HISTORY_LENGTH)
    history.forEachIndexed { at, step ->
        withClue({ "seed $seed, step $at: $step; replay it with -Dpgqueuer.history.seed=$seed" }) {
            actual.play(step) shouldBe expected.play(step)
            actual.observe(ended = false) shouldBe expected.observe(ended = false)
        }
    }
    withClue("seed $seed, at the end") { actual.observe(ended = true) shouldBe expected.observe(ended = true) }
}

private fun seeds(): Iterable<Long> = System.getProperty("pgqueuer.history.seed")?.let { listOf(it.toLong()) }
    ?: (1L..(System.getProperty("pgqueuer.history.seeds")?.toLong() ?: HISTORIES))

private const val HISTORIES = 5L
private const val HISTORY_LENGTH = 60
