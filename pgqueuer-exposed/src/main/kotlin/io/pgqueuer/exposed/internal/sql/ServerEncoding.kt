package io.pgqueuer.exposed.internal.sql

import io.pgqueuer.NewJob
import org.postgresql.PGConnection
import java.nio.charset.Charset
import java.sql.Connection

/**
 * The encoding of a database. It may have fewer characters than Unicode. PostgreSQL refuses a statement with any other
 * character, even if it is written as an escape in JSON.
 */
internal class ServerEncoding private constructor(
    private val name: String,
    private val charset: Charset,
) {
    /** Returns [text] with a `?` for each character that the database cannot hold. */
    fun storable(text: String): String = if (text.isAscii()) text else String(text.toByteArray(charset), charset)

    /**
     * Checks that the database can hold what identifies [job] or describes it.
     *
     * @throws IllegalArgumentException naming the first character that it cannot.
     */
    fun requireStorable(job: NewJob) {
        requireStorable("entrypoint", job.entrypoint)
        job.dedupeKey?.let { requireStorable("dedupeKey", it) }
        job.headers?.let { requireStorable("headers", it.toString()) }
    }

    /**
     * Checks that the database can hold [text].
     *
     * @param what names it in the error.
     * @throws IllegalArgumentException naming the first character that it cannot.
     */
    fun requireStorable(what: String, text: String) {
        if (text.isAscii()) return
        val encoder = charset.newEncoder()
        var index = 0
        while (index < text.length) {
            val point = text.codePointAt(index)
            val character = String(Character.toChars(point))
            require(encoder.canEncode(character)) {
                "$what must fit the encoding of the database, which is $name and has no '$character' " +
                    "(U+${"%04X".format(point)}); leave that out, or use a database with the encoding UTF8"
            }
            index += character.length
        }
    }

    private fun String.isAscii() = all { it.code < FIRST_BEYOND_ASCII }

    companion object {
        /** The characters that every database can hold. */
        val ASCII = ServerEncoding("ASCII", Charsets.US_ASCII)

        private const val FIRST_BEYOND_ASCII = 0x80
        private const val MAX_ISO_8859_LATIN = 4

        /** The parts of ISO 8859 that PostgreSQL's LATIN5 to LATIN10 are. */
        private val latin = mapOf("5" to "9", "6" to "10", "7" to "13", "8" to "14", "9" to "15", "10" to "16")

        /**
         * The encoding of the database of [connection]; null if it has every character, or is unknown here. The server
         * reports it when the connection is made, so this costs no round trip.
         */
        fun of(connection: Connection): ServerEncoding? {
            val name = connection.unwrap(PGConnection::class.java).getParameterStatus("server_encoding") ?: return null
            val charset = charsetOf(name) ?: return null
            return if (Charset.isSupported(charset)) ServerEncoding(name, Charset.forName(charset)) else null
        }

        /** SQL_ASCII is not listed: such a database accepts every byte unchanged. */
        private fun charsetOf(encoding: String): String? = when {
            encoding.startsWith("LATIN") -> encoding.removePrefix("LATIN").let { number ->
                "ISO-8859-" + if (number.toInt() <= MAX_ISO_8859_LATIN) number else latin[number]
            }

            encoding.startsWith("ISO_8859_") -> encoding.replace('_', '-')

            encoding == "WIN866" -> "IBM866"

            encoding == "WIN874" -> "x-windows-874"

            encoding.startsWith("WIN") -> "windows-" + encoding.removePrefix("WIN")

            encoding == "KOI8R" -> "KOI8-R"

            encoding == "KOI8U" -> "KOI8-U"

            encoding == "EUC_JP" || encoding == "EUC_KR" || encoding == "EUC_CN" -> encoding.replace('_', '-')

            else -> null
        }
    }
}
