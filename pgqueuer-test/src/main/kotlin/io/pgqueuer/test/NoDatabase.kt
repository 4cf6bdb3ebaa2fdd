package io.pgqueuer.test

import java.lang.reflect.InvocationHandler
import java.lang.reflect.Proxy
import java.sql.Connection
import javax.sql.DataSource

/**
 * Connections to no database, for tests of handlers that begin a transaction and complete their job in it. Their
 * transactions can be begun, committed and rolled back. What would need a database, such as a statement, throws
 * [UnsupportedOperationException].
 *
 * ```
 * val handler = OrderHandler(NoDatabase.dataSource(), FakeOrders())
 * ```
 */
public object NoDatabase {
    /** Makes a data source of such connections. */
    @JvmStatic
    public fun dataSource(): DataSource = proxy { name, _ ->
        if (name == "getConnection") connection() else refuse(name)
    }

    /** Makes a connection. */
    @JvmStatic
    public fun connection(): Connection {
        var autoCommit = true
        var closed = false
        return proxy { name, argument ->
            when (name) {
                "commit", "rollback" -> null
                "setAutoCommit" -> null.also { autoCommit = argument as Boolean }
                "getAutoCommit" -> autoCommit
                "close" -> null.also { closed = true }
                "isClosed" -> closed
                "isValid" -> !closed
                else -> refuse(name)
            }
        }
    }

    private inline fun <reified T : Any> proxy(crossinline answer: (String, Any?) -> Any?): T {
        val handler = InvocationHandler { self, method, arguments ->
            when (method.name) {
                "toString" -> "${T::class.simpleName} to no database"
                "hashCode" -> System.identityHashCode(self)
                "equals" -> self === arguments[0]
                else -> answer(method.name, arguments?.firstOrNull())
            }
        }
        return Proxy.newProxyInstance(NoDatabase::class.java.classLoader, arrayOf(T::class.java), handler) as T
    }

    private fun refuse(name: String): Nothing = throw UnsupportedOperationException(
        "$name needs a database, and this test has none; replace what calls it, or test on PostgreSQL with " +
            "PostgresFixture",
    )
}
