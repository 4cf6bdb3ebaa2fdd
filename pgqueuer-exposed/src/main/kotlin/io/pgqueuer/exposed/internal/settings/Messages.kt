package io.pgqueuer.exposed.internal.settings

/** The forms of a connection string, for messages. */
internal const val FORMS = "a connection string must be postgresql://user@host:port/database or host=… dbname=… user=…"

/** Whether this can be the name of a parameter. Only then may a message show it. */
internal val String.isParameterName: Boolean get() = all {
    it in 'a'..'z' || it in 'A'..'Z' || it in '0'..'9' ||
        it in "_.-"
}

/** A value for messages. What looks like a part of a connection string may hold a password, and is not shown. */
internal fun String.shown(): String = if (none { it in "=@?&:" }) "'$this'" else "a text that may hold a password"
