package io.pgqueuer.cli

/**
 * Prints the ids of what was [changed], in order.
 *
 * @param others why some of the [wanted] could not be changed, as in `not held, and so not requeued`.
 * @param look the command that shows such ids.
 * @throws CommandException if some were not changed; it names them.
 */
internal fun <T : Comparable<T>> BaseCommand.echoChanged(
    wanted: Set<T>,
    changed: Set<T>,
    others: String,
    look: String,
) {
    changed.sorted().forEach { echo(it) }
    val left = wanted - changed
    if (left.isNotEmpty()) throw CommandException("$others: ${left.joinToString()}; $look")
}
