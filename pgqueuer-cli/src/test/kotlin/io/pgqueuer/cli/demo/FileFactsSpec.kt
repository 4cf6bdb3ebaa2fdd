package io.pgqueuer.cli.demo

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.cli.temporaryFolder
import java.nio.file.Path
import kotlin.io.path.writeBytes
import kotlin.random.Random

class FileFactsSpec : FunSpec({
    test("an empty file has no lines, no words and the hash of nothing") {
        FileFacts.of(file(byteArrayOf())) shouldBe
            FileFacts("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0, 0, 0)
    }

    test("words are divided by any white space, and lines counted by their ends") {
        val facts = FileFacts.of(file("one two\t\tthree\r\nfour\u000bfive\n\n  six".encodeToByteArray()))

        facts.words shouldBe 6
        facts.lines shouldBe 3
        facts.bytes shouldBe 32
    }

    test("facts are those of the system's own tools, also over the parts in which a file is read") {
        val random = Random(1)
        repeat(5) {
            val file = file(ByteArray(200_000) { "ab \n\t\r".random(random).code.toByte() })
            val (lines, words, bytes) = output("wc", "-lwc", "$file").trim().split(Regex(" +"))
            val sha256 = output("sha256sum", "$file").substringBefore(' ')

            FileFacts.of(file) shouldBe FileFacts(sha256, lines.toLong(), words.toLong(), bytes.toLong())
        }
    }
})

private fun file(bytes: ByteArray): Path = temporaryFolder("facts").resolve("file").apply { writeBytes(bytes) }

private fun output(vararg command: String) = ProcessBuilder(*command).start().inputReader().readText()
