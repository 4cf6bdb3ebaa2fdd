package io.pgqueuer.java.internal

import java.util.Objects

/**
 * Checks that none of [arguments] is null.
 *
 * @throws NullPointerException with the name of the parameter.
 */
internal fun required(vararg arguments: Pair<String, Any?>) =
    arguments.forEach { (name, argument) -> Objects.requireNonNull(argument, name) }

/**
 * Runs [block] if none of [arguments] is null.
 *
 * In Java's methods it stands for the checks of the compiler, which are off in this module: their message names what is
 * internal.
 *
 * @param arguments by the names of Java's parameters.
 * @throws NullPointerException with the name of the parameter.
 */
internal inline fun <R> required(vararg arguments: Pair<String, Any?>, block: () -> R): R {
    required(*arguments)
    return block()
}
