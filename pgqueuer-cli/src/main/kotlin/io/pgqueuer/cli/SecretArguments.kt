package io.pgqueuer.cli

/**
 * The arguments that may hold a password: connection strings, wherever they were put on the command line. Errors show
 * the argument that is wrong, but none of these.
 */
internal class SecretArguments(
    arguments: List<String>,
) {
    private val secrets: List<Regex> = arguments
        // The parser shows the name of an option, or its value.
        .flatMap { listOf(it, it.substringBefore('='), it.substringAfter('=')) }
        .filter { it.isNotBlank() && MAY_HOLD_PASSWORD.containsMatchIn(it) }
        .sortedByDescending { it.length }
        .map { secret -> Regex(secret.trim().split(SPACE).joinToString("\\s+", transform = Regex::escape)) }

    /** Returns [text] without these arguments, also if their spaces became line breaks. */
    fun hideIn(text: String): String =
        secrets.fold(text) { shown, secret -> shown.replace(secret, "(a text that may hold a password)") }

    private companion object {
        val SPACE = Regex("\\s+")

        /** What is in connection strings, and rarely elsewhere. */
        val MAY_HOLD_PASSWORD = Regex("@|:/|postgres|pass|\\b(host|user|dbname)\\s*=", RegexOption.IGNORE_CASE)
    }
}
