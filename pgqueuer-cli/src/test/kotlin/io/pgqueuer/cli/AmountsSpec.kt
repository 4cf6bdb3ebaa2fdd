package io.pgqueuer.cli

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.pgqueuer.TableSize

class AmountsSpec : FunSpec({
    test("bytes are written as PostgreSQL writes them") {
        // What SELECT pg_size_pretty(…) of PostgreSQL 18 returns.
        mapOf(
            0L to "0 bytes",
            10_239L to "10239 bytes",
            10_240L to "10 kB",
            114_688L to "112 kB",
            10_485_247L to "10239 kB",
            10_485_248L to "10 MB",
            325_058_560L to "310 MB",
            54_975_581_388_800L to "50 TB",
        ).forEach { (bytes, text) -> bytesText(bytes) shouldBe text }
    }

    test("a size has rows, and bytes if they are known") {
        sizeText(TableSize("t", 1_200_000, 0, 114_688)) shouldBe "about 1,200,000 rows, 112 kB"
        sizeText(TableSize("t", 3, 0, null)) shouldBe "about 3 rows"
    }
})
