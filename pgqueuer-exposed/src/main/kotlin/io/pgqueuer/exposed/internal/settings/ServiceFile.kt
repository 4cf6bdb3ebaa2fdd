package io.pgqueuer.exposed.internal.settings

import java.nio.file.Path
import kotlin.io.path.Path
import kotlin.io.path.exists
import kotlin.io.path.isRegularFile
import kotlin.io.path.readLines

/**
 * Connection parameters by the name of a service.
 *
 * https://www.postgresql.org/docs/current/libpq-pgservice.html
 *
 * @param environment the environment variables that say where the files are.
 */
internal class ServiceFile(
    private val environment: Map<String, String>,
) {
    /**
     * Returns the parameters of [service]. They are in [file], or in the file that `PGSERVICEFILE` names, or in
     * `~/.pg_service.conf`; otherwise in `pg_service.conf` in the directory of `PGSYSCONFDIR` or in those of the
     * distributions.
     *
     * @throws IllegalArgumentException if no file has that service, or its entry is not valid.
     */
    fun parameters(service: String, file: String? = null): ConnectionParameters {
        val places = places(file)
        val values = places.firstNotNullOfOrNull { place ->
            if (place.isRegularFile()) naming("$place") { read(place, service) } else null
        }
        requireNotNull(values) { "service ${service.shown()} is in none of $places" }
        return ConnectionParameters(values) { "parameter '$it' of service '$service'" }
    }

    private fun places(file: String?): List<Path> {
        val named = (file ?: variable("PGSERVICEFILE"))?.let(::Path)
        require(named == null || named.exists()) { "there is no service file $named" }
        val users = named ?: Path(System.getProperty("user.home"), ".pg_service.conf")
        val directories = variable("PGSYSCONFDIR")?.let(::listOf) ?: DISTRIBUTIONS
        return listOf(users) + directories.map { Path(it, "pg_service.conf") }
    }

    private fun variable(name: String) = environment[name]?.takeIf(String::isNotEmpty)

    /** Returns null if the file has no such service. */
    private fun read(file: Path, service: String): Map<String, String>? {
        val lines = file.readLines().map(String::trim)
        val start = lines.indexOf("[$service]")
        if (start < 0) return null
        val values = LinkedHashMap<String, String>()
        lines.drop(start + 1).takeWhile { !it.startsWith('[') }.filter { it.isNotEmpty() && it[0] != '#' }.forEach {
            // The line can hold a password, so it is not shown.
            require('=' in it) { "each line of service '$service' must be name=value" }
            val name = it.substringBefore('=')
            require(name != "service" && name != "servicefile") { "service '$service' must not name another service" }
            values.putIfAbsent(name, it.substringAfter('='))
        }
        return values
    }

    private companion object {
        val DISTRIBUTIONS = listOf("/etc/postgresql-common", "/etc")
    }
}
