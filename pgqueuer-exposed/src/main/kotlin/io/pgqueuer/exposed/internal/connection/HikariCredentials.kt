package io.pgqueuer.exposed.internal.connection

import com.zaxxer.hikari.HikariConfig
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method

/**
 * Reads the credentials of a pool as the pool does, in all supported versions of HikariCP: 7 asks a provider if there
 * is one, 6 changes user and password together, 5 has only the two of them. What 5 does not have is called by reflection.
 */
internal object HikariCredentials {
    private val provider = HikariConfig::class.java.method("getCredentialsProvider")
    private val providerSetter = HikariConfig::class.java.method("setCredentialsProvider")
    private val ofProvider = provider?.returnType?.method("getCredentials")
    private val both = HikariConfig::class.java.method("getCredentials")
    private val user = both?.returnType?.method("getUsername")
    private val password = both?.returnType?.method("getPassword")

    /** Reads them every time: passwords and tokens can change while the pool lives. */
    fun of(pool: HikariConfig): Pair<String?, String?> {
        val given = provider.call(pool)
        val credentials = if (given == null) both.call(pool) else ofProvider.call(given)
        return if (credentials == null) {
            pool.username to pool.password
        } else {
            user.call(credentials) as String? to password.call(credentials) as String?
        }
    }

    fun removeFrom(pool: HikariConfig) {
        pool.username = null
        pool.password = null
        providerSetter?.invoke(pool, null)
    }

    private fun Class<*>.method(name: String): Method? = methods.firstOrNull { it.name == name }

    private fun Method?.call(target: Any): Any? = try {
        this?.invoke(target)
    } catch (e: InvocationTargetException) {
        throw e.targetException
    }
}
