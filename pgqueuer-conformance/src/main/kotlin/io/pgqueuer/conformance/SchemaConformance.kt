package io.pgqueuer.conformance

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.factory.TestFactory
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.pgqueuer.PythonIndexes
import io.pgqueuer.QueueProperties
import io.pgqueuer.SchemaException
import io.pgqueuer.SchemaMode

fun schemaConformance(harness: AdapterHarness): TestFactory = conformance(harness) {
    test("an installed store verifies, and a second install keeps its jobs") {
        backend.schema.verify().shouldBeEmpty()
        backend.schema.upgradePlan().shouldBeEmpty()
        shouldThrow<SchemaException> { backend.schema.verifyAbsent() }.message shouldContain "uninstall"
        val id = queue.enqueue("e")
        backend.schema.install()
        claim().ids shouldContainExactly listOf(id)
    }

    test("an uninstall removes all jobs; until the next install the check fails and names the fix") {
        queue.enqueue("e")
        try {
            backend.schema.uninstall()
            backend.schema.verifyAbsent()
            shouldThrow<SchemaException> { backend.schema.verify() }.message shouldContain "install"
            shouldThrow<SchemaException> { backend.schema.upgrade() }.message shouldContain "install"
            shouldThrow<SchemaException> { backend.schema.upgradePlan() }.message shouldContain "install"
            backend.schema.uninstall()
        } finally {
            backend.schema.install()
        }
        backend.schema.verify()
        count() shouldBe 0
        claim().jobs.size shouldBe 0
        queue.enqueue("e")
        claim().jobs.size shouldBe 1
    }

    test("an application that starts installs, upgrades, checks, or does nothing") {
        try {
            backend.schema.uninstall()
            backend.schema.prepare(SchemaMode.NONE)
            shouldThrow<SchemaException> { backend.schema.prepare(SchemaMode.VALIDATE) }.message shouldContain "install"
            backend.schema.prepare(SchemaMode.INSTALL)
            val id = queue.enqueue("e")
            SchemaMode.entries.forEach { backend.schema.prepare(it) }
            claim().ids shouldContainExactly listOf(id)
            backend.schema.uninstall()
            backend.schema.prepare(SchemaMode.UPGRADE)
        } finally {
            backend.schema.install()
        }
        backend.schema.verify().shouldBeEmpty()
        count() shouldBe 0
    }

    test("the indexes of Python's statements can be added and dropped, and change nothing else") {
        val id = queue.enqueue("e")
        backend.schema.upgrade(PythonIndexes.ADD)
        backend.schema.upgradePlan(PythonIndexes.ADD).shouldBeEmpty()
        claim().ids shouldContainExactly listOf(id)
        repeat(2) { backend.schema.upgrade(PythonIndexes.DROP) }
        backend.schema.upgradePlan(PythonIndexes.DROP).shouldBeEmpty()
        backend.schema.verify().shouldBeEmpty()
    }

    test("the plan of a change to the properties that a queue has is empty") {
        backend.schema.changePlan(backend.schema.properties()).shouldBeEmpty()
        try {
            backend.schema.uninstall()
            shouldThrow<SchemaException> { backend.schema.changePlan(QueueProperties.DEFAULT) }
        } finally {
            backend.schema.install()
        }
    }
}
