package io.pgqueuer.cli.web

import io.pgqueuer.cli.CommandException
import io.pgqueuer.web.DashboardRole
import java.net.URI
import java.security.MessageDigest
import java.util.Base64

/**
 * Decides who may use a dashboard: users with a name and a password, or everybody if there are none.
 *
 * Without users, the header `Host` must be one of this machine. Otherwise, a page of another site could give its own name
 * the address of this machine, and use the dashboard as its own.
 *
 * @param users by their credentials.
 * @param others the role of everybody, if there are no users.
 * @param anyHost whether the host does not matter.
 */
internal class Access(
    private val users: List<User>,
    private val others: DashboardRole,
    private val anyHost: Boolean,
) {
    /** Returns the role of whoever sends these headers, or null if it may not see anything. */
    fun roleOf(authorization: String?, host: String?): DashboardRole? {
        if (users.isEmpty()) return others.takeIf { anyHost || isOfThisMachine(host) }
        val given = authorization?.takeIf { it.startsWith(BASIC, ignoreCase = true) }?.substring(BASIC.length)
        val credentials =
            given?.let { runCatching { Base64.getDecoder().decode(it.trim()) }.getOrNull() } ?: return null
        // All are compared, so that the time tells nothing.
        return users.filter { it.isThis(credentials) }.maxOfOrNull { it.role }
    }

    private fun isOfThisMachine(host: String?): Boolean {
        val name = host?.let { runCatching { URI("http://$it").host }.getOrNull() } ?: return false
        return isLoopback(name)
    }

    private companion object {
        const val BASIC = "Basic "
    }
}

/** A user with a role. The password is kept as its hash. */
internal class User(
    credentials: String,
    val role: DashboardRole,
) {
    private val hash = hashOf(credentials.encodeToByteArray())

    /** Takes the same time for all [credentials] of the same length. */
    fun isThis(credentials: ByteArray): Boolean = MessageDigest.isEqual(hash, hashOf(credentials))

    private fun hashOf(bytes: ByteArray) = MessageDigest.getInstance("SHA-256").digest(bytes)

    companion object {
        /** Reads `name:password` from the [variable] of the environment; returns null if it is not set. */
        fun from(environment: Map<String, String>, variable: String, role: DashboardRole): User? {
            val credentials = environment[variable]?.takeIf { it.isNotEmpty() } ?: return null
            val (name, password) = credentials.substringBefore(':') to credentials.substringAfter(':', "")
            if (name.isEmpty() || password.isEmpty()) {
                throw CommandException("$variable must be NAME:PASSWORD, with both of them")
            }
            return User(credentials, role)
        }
    }
}
