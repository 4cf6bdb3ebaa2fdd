package io.pgqueuer.micrometer

import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.EnabledOrReasonIf
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import java.io.File
import java.io.IOException
import kotlin.io.path.Path
import kotlin.io.path.copyTo

/** The alerts as Prometheus itself evaluates them; `alerts-test.yml` says when each fires. */
class AlertsSpec : FunSpec({
    test("the alerts fire when they should, and only then").config(enabledOrReasonIf = isInstalled) {
        val folder = tempdir()
        for (file in listOf("../docs/grafana/alerts.yml", "src/test/resources/alerts-test.yml")) {
            Path(file).copyTo(folder.toPath().resolve(Path(file).fileName))
        }
        promtool(folder, "check", "rules", "alerts.yml")
        promtool(folder, "test", "rules", "alerts-test.yml")
    }
})

private val isInstalled: EnabledOrReasonIf = { _ ->
    try {
        ProcessBuilder("promtool", "--version").redirectErrorStream(true).start().apply { inputStream.readAllBytes() }
            .waitFor()
        Enabled.enabled
    } catch (_: IOException) {
        Enabled.disabled("there is no promtool: install prometheus")
    }
}

private fun promtool(folder: File, vararg command: String) {
    val process = ProcessBuilder("promtool", *command).directory(folder).redirectErrorStream(true).start()
    val said = process.inputReader().readText()
    withClue(said) { process.waitFor() shouldBe 0 }
}
