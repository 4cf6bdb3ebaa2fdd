package io.pgqueuer.web.internal

import java.security.SecureRandom
import java.util.Collections

/**
 * What the last change of a user came to, until the next page shows it. Addresses carry only the key of a notice, so that
 * nobody can make a page show a text of theirs.
 */
internal class Notices {
    private val random = SecureRandom()
    private val texts = Collections.synchronizedMap(
        object : LinkedHashMap<String, String>() {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<String, String>?) = size > MOST
        },
    )

    /** Keeps [text], and returns its key. */
    fun add(text: String): String = java.lang.Long.toHexString(random.nextLong()).also { texts[it] = text }

    operator fun get(key: String?): String? = key?.let(texts::get)

    private companion object {
        const val MOST = 200
    }
}
