package io.pgqueuer.cli.torture.check

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

/** Tests that evidence to which [add] adds breaks no rule. */
internal fun FunSpec.allowed(what: String, repeats: Map<Cause, Int> = emptyMap(), add: MadeEvidence.() -> Unit) =
    test("allowed: $what") {
        val verdict = MadeEvidence.verdict(add)

        verdict.violations.shouldBeEmpty()
        verdict.lost shouldBe 0
        verdict.repeats shouldBe repeats
    }

/** Tests that evidence to which [add] adds breaks one rule, and no other. */
internal fun FunSpec.broken(what: String, says: String, lost: Int = 0, add: MadeEvidence.() -> Unit) =
    test("broken: $what") {
        val verdict = MadeEvidence.verdict(add)

        withClue(verdict.violations) { verdict.violations shouldHaveSize 1 }
        verdict.violations.single() shouldContain says
        verdict.lost shouldBe lost
    }
