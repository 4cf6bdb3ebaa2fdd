package io.pgqueuer.exposed.internal.schema

/**
 * Brings expressions of SQL into one spelling, so that ours can be compared with those that the catalog shows. The
 * catalog adds casts, parentheses and the names of schemas; which ones depends on the version and the search path.
 */
internal object Spelling {
    /** Regular expressions that mean the same to Java and to PostgreSQL, and what they are replaced by. */
    private val rules = listOf(
        // A cast, whose type may have a schema.
        """::"?[A-Za-z0-9_]+"?(\."?[A-Za-z0-9_]+"?)?""" to "",
        """= ANY \(+ARRAY\[([^\]]*)\]\)""" to "IN $1",
        // How an index is stored is for the owner to tune.
        """ WITH \([^)]*\)""" to "",
        """[\s()'"]""" to "",
    )

    fun of(expression: String): String = rules.fold(expression) { text, (pattern, replacement) ->
        text.replace(Regex(pattern), replacement)
    }

    /** SQL of the same, for an [expression] of SQL. */
    fun sql(expression: String): String = rules.fold(expression) { text, (pattern, replacement) ->
        "regexp_replace($text, ${literal(pattern)}, ${literal(replacement.replace("$1", "\\1"))}, 'g')"
    }

    /** Means the same whether the server's `standard_conforming_strings` is on or off. */
    private fun literal(text: String) = "E'${text.replace("\\", "\\\\").replace("'", "''")}'"
}
