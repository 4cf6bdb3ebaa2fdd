package io.pgqueuer.test

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class NoDatabaseSpec : FunSpec({
    test("a transaction can be begun, committed and rolled back") {
        NoDatabase.dataSource().connection.use { connection ->
            connection.autoCommit shouldBe true
            connection.autoCommit = false
            connection.autoCommit shouldBe false
            connection.commit()
            connection.rollback()
            connection.isClosed shouldBe false
            connection.toString() shouldBe "Connection to no database"
        }
    }

    test("a statement is refused, with what to do") {
        shouldThrow<UnsupportedOperationException> { NoDatabase.connection().prepareStatement("SELECT 1") }
            .message shouldContain "prepareStatement needs a database"
    }
})
