package io.pgqueuer.cli.dashboard

import com.github.ajalt.mordant.input.KeyboardEvent
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly

class KeySpec : FunSpec({
    test("keys are known by their names, and letters by themselves") {
        Key.of(KeyboardEvent("ArrowUp")) shouldContainExactly listOf(Key.Up)
        Key.of(KeyboardEvent("Enter")) shouldContainExactly listOf(Key.Enter)
        Key.of(KeyboardEvent("q")) shouldContainExactly listOf(Key.Text("q"))
        Key.of(KeyboardEvent("ü")) shouldContainExactly listOf(Key.Text("ü"))
        Key.of(KeyboardEvent("F5")).shouldBeEmpty()
    }

    test("Ctrl-C ends the dashboard, and other control keys do nothing that their letters do") {
        Key.of(KeyboardEvent("c", ctrl = true)) shouldContainExactly listOf(Key.Interrupt)
        Key.of(KeyboardEvent("u", ctrl = true)) shouldContainExactly listOf(Key.Clear)
        Key.of(KeyboardEvent("q", ctrl = true)).shouldBeEmpty()
    }

    test("a key that follows Escape at once is not lost") {
        Key.of(KeyboardEvent("q", alt = true)) shouldContainExactly listOf(Key.Escape, Key.Text("q"))
    }
})
