package io.pgqueuer.failures

import java.util.Collections
import java.util.IdentityHashMap

/*
 * Reads texts of exceptions from users' code safely.
 *
 * getMessage, toString, getCause and getStackTrace can be overridden: they can throw anything, return null or
 * megabytes, or form cycles. Loggers call them too. So only the texts from here are logged, and each of them has a
 * bound. The exception to this is the failure of a handler: see engine/running/LoggedFailures.kt.
 */

/** The limit for a message and for a stack trace in a log row, in bytes of UTF-8. */
internal const val MAX_FAILURE_BYTES = 64 * 1024

/** The limit for a message in a line of the log, in bytes of UTF-8. */
internal const val MAX_LOGGED_BYTES = 2 * 1024

/** Returns the name of this exception's class, in Kotlin's spelling. */
internal fun Throwable.safeType(): String = guarded({ this::class.qualifiedName }) { null } ?: javaClass.name

/** Returns the message, or an empty text if there is none. */
internal fun Throwable.safeMessage(maxBytes: Int = MAX_FAILURE_BYTES): String =
    guarded({ message }) { "(no message: getMessage() threw ${it.safeType()})" }.orEmpty().boundedTo(maxBytes)

/** Returns what `toString` returns, for a line of the log. */
internal fun Throwable.safeToString(maxBytes: Int = MAX_LOGGED_BYTES): String {
    // Calls it through Java, because the toString of a class written in Java can return null.
    val text = guarded({ java.lang.String.valueOf(this as Any) ?: "${safeType()} (toString() returned null)" }) {
        "${safeType()} (toString() threw ${it.safeType()})"
    }
    return text.boundedTo(maxBytes)
}

/** Returns the stack trace with causes and suppressed exceptions, in the format of `printStackTrace`. */
internal fun Throwable.safeStackTrace(maxBytes: Int = MAX_FAILURE_BYTES): String =
    StackTraceText(maxBytes).append(this).toString()

// Also catches a CancellationException: one that a getter throws does not come from a cancellation.
private inline fun <T> guarded(call: () -> T, substitute: (Throwable) -> T): T = try {
    call()
} catch (e: Throwable) {
    substitute(e)
}

/** Prints stack traces until the text is full or too many exceptions were printed. */
internal class StackTraceText(maxBytes: Int) {
    private val text = BoundedText(maxBytes)
    private val met = Collections.newSetFromMap(IdentityHashMap<Throwable, Boolean>())
    private var tooMany = false
    private var misbehaved = false

    /** Whether nothing is left out, and the exceptions' own code behaved. */
    val isWhole: Boolean get() = !text.isCut && !tooMany && !misbehaved

    fun append(failure: Throwable): StackTraceText = apply { chain(failure, "", "", emptyArray()) }

    override fun toString() = text.toString()

    /**
     * Appends [first] and its causes with the same indent. [outer] are the surrounding frames, which are not repeated.
     */
    private fun chain(first: Throwable, caption: String, indent: String, outer: Array<out StackTraceElement?>) {
        var failure = first
        var intro = indent + caption
        var around = outer
        while (!text.isCut && !tooMany) {
            if (failure in met) {
                misbehaved = true
                text.append("$intro[CIRCULAR REFERENCE: ${failure.safeToString()}]\n")
                return
            }
            if (met.size == MAX_EXCEPTIONS) {
                tooMany = true
                text.append(
                    "$indent[more than $MAX_EXCEPTIONS causes and suppressed exceptions; the rest is left out]\n",
                )
                return
            }
            met += failure
            guarded({ failure.message }) { misbehaved = true }
            text.append("$intro${failure.safeToString(MAX_FAILURE_BYTES)}\n")
            around = frames(failure, indent, around)
            failure.suppressedExceptions.forEach { chain(it, "Suppressed: ", "$indent\t", around) }
            failure = guarded({ failure.cause }) {
                misbehaved = true
                text.append("$indent[no cause: getCause() threw ${it.safeType()}]\n")
                null
            } ?: return
            intro = "${indent}Caused by: "
        }
    }

    private fun frames(
        failure: Throwable,
        indent: String,
        outer: Array<out StackTraceElement?>,
    ): Array<out StackTraceElement?> {
        // An overridden getStackTrace can return null.
        val frames = guarded<Array<out StackTraceElement?>?>({ failure.stackTrace }) {
            text.append("$indent\t[no stack trace: getStackTrace() threw ${it.safeType()}]\n")
            null
        } ?: emptyArray<StackTraceElement?>().also { misbehaved = true }
        var own = frames.size
        var others = outer.size
        while (own > 0 && others > 0 && frames[own - 1] == outer[others - 1]) {
            own--
            others--
        }
        for (index in 0 until own) {
            if (text.isCut) break
            text.append("$indent\tat ${frames[index]}\n")
        }
        if (own < frames.size) text.append("$indent\t... ${frames.size - own} more\n")
        return frames
    }

    private companion object {
        const val MAX_EXCEPTIONS = 100
    }
}
