package io.pgqueuer.engine

import kotlinx.coroutines.CancellationException

/** Exceptions whose own code does harm: each of these was seen, or is worse than one that was. */
internal object HostileThrowables {
    private const val HUGE = 4 * 1024 * 1024

    val all: Map<String, () -> Throwable> = mapOf(
        "its message throws" to { ThrowingMessage() },
        "its message throws an Error" to { ErrorMessage() },
        "its message throws a cancellation" to { CancellingMessage() },
        "its message overflows the stack" to { RecursiveMessage() },
        "its toString throws" to { ThrowingToString() },
        "its toString returns null" to { NullToString() },
        "its cause throws" to { ThrowingCause() },
        "its stack trace throws" to { ThrowingStackTrace() },
        "its stack trace is null" to { NullStackTrace() },
        "its stack trace has holes" to { HollowStackTrace() },
        "all of it throws" to { ThrowingAll() },
        "its message is huge" to { IllegalStateException("x".repeat(HUGE)) },
        "its message is no text that UTF-8 has" to { IllegalStateException("\u0000\uD800\u0000".repeat(HUGE / 8)) },
        "it has 20,000 causes" to {
            (1..20_000).fold(IllegalStateException("root")) { cause, depth -> IllegalStateException("$depth", cause) }
        },
        "its causes lead in a circle" to {
            val first = IllegalStateException("first")
            IllegalStateException("second", first).also { first.initCause(it) }
        },
        "its causes have no end" to { EndlessCauses(0) },
        "it suppresses itself by way of others" to {
            val first = IllegalStateException("first")
            first.apply { addSuppressed(IllegalStateException("second").also { it.addSuppressed(first) }) }
        },
        "it suppresses 20,000 others in a chain" to {
            (1..20_000).fold(IllegalStateException("root")) { inner, depth ->
                IllegalStateException("$depth").also { it.addSuppressed(inner) }
            }
        },
        "it suppresses 5,000 hostile ones" to {
            IllegalStateException("many").also { many -> repeat(5_000) { many.addSuppressed(ThrowingAll()) } }
        },
        "its class has no name" to { object : RuntimeException("anonymous") {} },
    )

    class ThrowingMessage : RuntimeException() {
        override val message: String get() = error("no message for you")
    }

    class ErrorMessage : RuntimeException() {
        override val message: String get() = throw AssertionError("no message for you")
    }

    class CancellingMessage : RuntimeException() {
        override val message: String get() = throw CancellationException("no message for you")
    }

    class RecursiveMessage : RuntimeException() {
        override val message: String get() = "again: $message"
    }

    class ThrowingToString : RuntimeException("fine") {
        override fun toString(): String = error("no text for you")
    }

    class ThrowingCause : RuntimeException("fine") {
        override val cause: Throwable get() = error("no cause for you")
    }

    class ThrowingStackTrace : RuntimeException("fine") {
        override fun getStackTrace(): Array<StackTraceElement> = error("no stack trace for you")
    }

    /** As a class written in Java can. */
    class NullToString : RuntimeException("fine") {
        override fun toString(): String = nullAs()
    }

    class NullStackTrace : RuntimeException("fine") {
        override fun getStackTrace(): Array<StackTraceElement> = nullAs()
    }

    class HollowStackTrace : RuntimeException("fine") {
        override fun getStackTrace(): Array<StackTraceElement> = Array(3) { nullAs() }
    }

    class EndlessCauses(private val depth: Int) : RuntimeException("$depth") {
        override val cause: Throwable get() = EndlessCauses(depth + 1)
    }

    class ThrowingAll : Exception() {
        override val message: String get() = throw ThrowingAll()
        override val cause: Throwable get() = throw ThrowingAll()

        override fun toString(): String = throw ThrowingAll()

        override fun getStackTrace(): Array<StackTraceElement> = throw ThrowingAll()

        override fun fillInStackTrace(): Throwable = this
    }

    @Suppress("UNCHECKED_CAST")
    private fun <T> nullAs(): T = null as T
}
