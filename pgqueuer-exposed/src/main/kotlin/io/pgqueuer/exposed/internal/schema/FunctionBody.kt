package io.pgqueuer.exposed.internal.schema

import java.security.MessageDigest

/** Digests of the bodies of functions, by which they are recognised. White space does not matter. */
internal object FunctionBody {
    fun digest(body: String): String {
        val text = body.replace(Regex("\\s+"), " ").trim()
        return MessageDigest.getInstance("SHA-256").digest(text.encodeToByteArray()).joinToString("") {
            "%02x".format(it)
        }
    }

    /** SQL of the digest of [body], an expression of SQL such as `prosrc`. */
    fun digestSql(body: String): String =
        "encode(sha256(convert_to(btrim(regexp_replace($body, '[[:space:]]+', ' ', 'g')), 'UTF8')), 'hex')"

    /** SQL that is true if [function] does not exist, or its body has none of the digests [known]. */
    fun isUnknownSql(function: String, known: Set<String>, digestSql: String): String =
        "coalesce((SELECT $digestSql NOT IN (${known.joinToString { "'$it'" }})\n" +
            "        FROM pg_proc WHERE oid = to_regprocedure('$function()')), true)"
}
