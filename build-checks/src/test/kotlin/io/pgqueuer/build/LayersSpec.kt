package io.pgqueuer.build

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.shouldBe
import io.pgqueuer.build.ModuleFolder.Companion.CORE

private const val ROOT = "io.pgqueuer"
private const val PORT = "$ROOT.port"
private const val ENGINE = "$ROOT.engine"
private const val ADAPTER = "$ROOT.adapter"
private const val FAILURES = "$ROOT.failures"
private const val CRON = "$ROOT.cron"

/** The classes of the engine that put its topics together. No topic knows them. */
private val ENGINE_TOP = setOf("$ENGINE.WorkerRun", "$ENGINE.WorkerRuns", "$ENGINE.StoreWorker")

/** The layers of core: no package uses one that stands above it. */
class LayersSpec : FunSpec({
    val uses = CORE.uses().filter { it.from.isPartOf(ROOT) && it.to.isPartOf(ROOT) && it.from != it.to }

    fun uses(from: String, vararg of: String) = uses.filter { use ->
        (if (from == ROOT) use.from == ROOT else use.from.isPartOf(from)) && of.any { use.to.isPartOf(it) }
    }

    test("classes and sources of core are there to be checked") {
        CORE.classes.shouldNotBeEmpty()
        CORE.sources.shouldNotBeEmpty()
        uses(ADAPTER, ENGINE).shouldNotBeEmpty()
        uses(ROOT, CRON).shouldNotBeEmpty()
    }

    test("what users import uses no port, engine or adapter") {
        uses(ROOT, PORT, ENGINE, ADAPTER).shouldBeEmpty()
    }

    test("ports use no engine and no adapter") {
        uses(PORT, ENGINE, ADAPTER).shouldBeEmpty()
    }

    test("the engine uses no adapter") {
        uses(ENGINE, ADAPTER).shouldBeEmpty()
    }

    test("failures and cron use nothing else of core") {
        uses.filter { it.from.isPartOf(FAILURES) || it.from.isPartOf(CRON) }.shouldBeEmpty()
    }

    test("every package of core is one of the layers") {
        CORE.classes.map { packageOf(it.name) }
            .filterNot { name -> name == ROOT || listOf(PORT, ENGINE, ADAPTER, FAILURES, CRON).any(name::isPartOf) }
            .shouldBeEmpty()
    }

    test("topics of the engine do not use each other in a circle") {
        val topics = uses.filter { it.from.isPartOf(ENGINE) && it.to.isPartOf(ENGINE) }
            .filter { it.from != ENGINE && it.to != ENGINE }
            .groupBy { it.from }.mapValues { (_, uses) -> uses.mapTo(mutableSetOf()) { it.to } }
        val cycles = cycles(topics)

        withClue("these packages use each other: $cycles") {
            cycles.flatMap { cycle -> uses.filter { it.from in cycle && it.to in cycle } }.shouldBeEmpty()
        }
    }

    test("topics of the engine share what uses no topic") {
        val shared = uses.filter { it.from != ENGINE && it.to == ENGINE && it.from.isPartOf(ENGINE) }
        shared.filter { outermost(it.target) in ENGINE_TOP }.shouldBeEmpty()
        CORE.classes.filter { packageOf(it.name) == ENGINE && outermost(it.name) !in ENGINE_TOP }
            .flatMap { file -> file.classes.filter { it.startsWith("$ENGINE.") && packageOf(it) != ENGINE } }
            .shouldBeEmpty()
    }

    test("the public API shows nothing of the engine and its helpers") {
        val internals = listOf(ENGINE, FAILURES, CRON).map { it.replace('.', '/') + "/" }
        publicApi(CORE).lines().filter { line -> internals.any { it in line } }.shouldBeEmpty()
    }

    test("packages of names and circles of uses are found") {
        packageOf("io.pgqueuer.engine.running.JobRunner\$run\$1") shouldBe "io.pgqueuer.engine.running"
        packageOf("io.pgqueuer.RunOptions.Companion.DEFAULT") shouldBe "io.pgqueuer"
        packageOf("io.pgqueuer.engine.running.run") shouldBe "io.pgqueuer.engine.running"
        cycles(mapOf("a" to setOf("b"), "b" to setOf("c"), "c" to setOf("b"), "d" to setOf("d", "a")))
            .shouldContainExactlyInAnyOrder(setOf("b", "c"), setOf("d"))
    }
})

private fun String.isPartOf(layer: String) = this == layer || startsWith("$layer.")

/** The top-level class that a nested or a helper class belongs to. */
private fun outermost(name: String) = name.substringBefore('$')
