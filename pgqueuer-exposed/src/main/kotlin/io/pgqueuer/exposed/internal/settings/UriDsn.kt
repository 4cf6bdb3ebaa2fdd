package io.pgqueuer.exposed.internal.settings

import java.io.ByteArrayOutputStream

/**
 * A connection URI without its scheme: `[user[:password]@][host[:port]][,…][/database][?name=value[&…]]`.
 *
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
internal class UriDsn(
    private val uri: String,
) {
    fun parse(): Map<String, String> = buildMap {
        // It can be the end of a password with a raw '?', so nothing of it is shown.
        require('?' !in uri.substringBefore('/').substringBeforeLast('@', "")) {
            "a '?' before an '@'; in user and password '?' is written %3F, in a parameter '@' is written %40"
        }
        val (place, query) = uri.cutAt('?')
        val (authority, database) = place.cutAt('/')
        // It can be the end of a password with a raw '/', so it is not shown.
        require('@' !in database.orEmpty()) {
            "an '@' after the first '/'; in user, password and database, '@' and '/' are written %40 and %2F"
        }
        val at = authority.lastIndexOf('@')
        if (at >= 0) putUser(authority.substring(0, at))
        putHosts(authority.substring(at + 1))
        if (!database.isNullOrEmpty()) put("dbname", decode("database", database))
        query.orEmpty().split('&').filter(String::isNotEmpty).forEach { putParameter(it) }
    }

    private fun MutableMap<String, String>.putUser(text: String) {
        val (user, password) = text.cutAt(':')
        if (user.isNotEmpty()) put("user", decode("user", user))
        if (password != null) put("password", decode("password", password))
    }

    private fun MutableMap<String, String>.putHosts(text: String) {
        if (text.isEmpty()) return
        val hosts = text.split(',').map { host ->
            if (host.startsWith('[')) {
                require(']' in host) { "an IPv6 address must end in ']'" }
                host.substring(1, host.indexOf(']')) to host.substringAfter(']').removePrefix(":")
            } else {
                host.substringBefore(':') to host.substringAfter(':', "")
            }
        }
        // The text in place of a port can be a password that was cut at its own '/' or '@', so it is not shown.
        hosts.forEach { (_, port) ->
            require(port.all(Char::isDigit)) {
                "the port must be a number; in user and password, '@', ':' and '/' are written %40, %3A and %2F"
            }
        }
        put("host", hosts.joinToString(",") { (name) -> decode("host", name) })
        if (hosts.any { (_, port) -> port.isNotEmpty() }) put("port", hosts.joinToString(",") { (_, port) -> port })
    }

    private fun MutableMap<String, String>.putParameter(text: String) {
        val (name, given) = text.cutAt('=')
        // The driver accepts `?ssl`.
        val value = given ?: if (name == "ssl") "true" else null
        require(name.isNotEmpty() && value != null) { "a parameter after '?' must be name=value" }
        val decoded = decode("parameter", name)
        // It can be the end of a password with a raw '?'.
        require(decoded.isParameterName) { "a parameter after '?' has characters that no parameter has; $FORMS" }
        put(if (decoded == "database") "dbname" else decoded, decode("parameter '$decoded'", value))
    }

    private fun String.cutAt(separator: Char): Pair<String, String?> =
        if (separator in this) substringBefore(separator) to substringAfter(separator) else this to null

    /** Decodes `%xx`; [part] names it in errors, which must not show the value. */
    private fun decode(part: String, text: String): String {
        val bytes = ByteArrayOutputStream()
        var index = 0
        while (index < text.length) {
            if (text[index] == '%') {
                val byte = text.substring(index + 1, minOf(index + 3, text.length)).takeIf { it.length == 2 }
                    ?.toIntOrNull(radix = 16)
                require(byte != null && byte > 0) { "$part: '%' must begin %01 to %FF; write %25 for a percent sign" }
                bytes.write(byte)
                index += 3
            } else {
                val end = text.indexOf('%', index).let { if (it < 0) text.length else it }
                bytes.writeBytes(text.substring(index, end).encodeToByteArray())
                index = end
            }
        }
        return bytes.toByteArray().decodeToString()
    }
}
