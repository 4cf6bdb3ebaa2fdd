package io.pgqueuer.exposed.internal.settings

import io.pgqueuer.exposed.PostgresHost
import org.slf4j.LoggerFactory
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermission
import kotlin.io.path.getPosixFilePermissions
import kotlin.io.path.isRegularFile
import kotlin.io.path.readLines

/**
 * Passwords, in lines of the form `host:port:database:user:password`.
 *
 * https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
internal class PasswordFile(
    private val file: Path,
) {
    /**
     * Returns the password of [user]; null if there is none. As in libpq, a file that does not exist or that others may
     * read is ignored; a warning says so.
     *
     * @throws IllegalArgumentException if the passwords for several [hosts] differ, as there can be only one.
     */
    fun password(hosts: List<PostgresHost>, database: String, user: String): String? {
        if (!isUsable()) return null
        val lines = file.readLines().filterNot { it.startsWith('#') }.map(::fields).filter { it.size == FIELDS }
        val found = hosts.map { host ->
            val wanted = listOf(host.name, host.port.toString(), database, user)
            lines.firstOrNull { line -> wanted.indices.all { line[it] == "*" || line[it] == wanted[it] } }?.last()
        }
        require(found.distinct().size == 1) { "the passwords of $hosts in $file differ; give one for all" }
        return found.first()
    }

    private fun isUsable(): Boolean {
        val problem = when {
            !file.isRegularFile() -> "it does not exist"
            isOpenToOthers() -> "its group or others may use it; its permissions must be 0600 or less"
            else -> return true
        }
        log.warn("the password file {} is ignored: {}", file, problem)
        return false
    }

    private fun isOpenToOthers() = try {
        file.getPosixFilePermissions().any { it !in OWNERS }
    } catch (_: UnsupportedOperationException) {
        // Windows has no such permissions.
        false
    }

    /** Splits at ':'; a backslash takes the special meaning from the next character. */
    private fun fields(line: String): List<String> {
        val fields = mutableListOf(StringBuilder())
        var index = 0
        while (index < line.length) {
            when {
                line[index] == '\\' && index + 1 < line.length -> fields.last().append(line[++index])
                line[index] == ':' && fields.size < FIELDS -> fields += StringBuilder()
                else -> fields.last().append(line[index])
            }
            index++
        }
        return fields.map(StringBuilder::toString)
    }

    private companion object {
        const val FIELDS = 5
        val OWNERS = setOf(
            PosixFilePermission.OWNER_READ,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_EXECUTE,
        )
        val log = LoggerFactory.getLogger(PasswordFile::class.java)
    }
}
