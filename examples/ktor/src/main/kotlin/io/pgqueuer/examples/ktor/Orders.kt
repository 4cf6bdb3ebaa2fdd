package io.pgqueuer.examples.ktor

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import org.jetbrains.exposed.v1.core.dao.id.LongIdTable
import org.jetbrains.exposed.v1.core.eq
import org.jetbrains.exposed.v1.jdbc.Database
import org.jetbrains.exposed.v1.jdbc.JdbcTransaction
import org.jetbrains.exposed.v1.jdbc.SchemaUtils
import org.jetbrains.exposed.v1.jdbc.insertAndGetId
import org.jetbrains.exposed.v1.jdbc.selectAll
import org.jetbrains.exposed.v1.jdbc.transactions.suspendTransaction
import org.jetbrains.exposed.v1.jdbc.transactions.transaction
import org.jetbrains.exposed.v1.jdbc.update
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds

object OrderTable : LongIdTable("orders") {
    val items = integer("items")
    val done = integer("done").default(0)
    val packed = integer("packed").default(0)
}

/** The orders of the shop, in its database. */
class Orders(
    dataSource: DataSource,
) {
    private val database = Database.connect(dataSource)

    /** JDBC blocks threads: those of IO may be blocked. Nothing in these transactions suspends. */
    private suspend fun <T> inTransaction(block: suspend JdbcTransaction.() -> T): T =
        withContext(Dispatchers.IO) { suspendTransaction(database) { block() } }

    init {
        transaction(database) { SchemaUtils.create(OrderTable) }
    }

    /** Stores an order, and does [also] in the same transaction. */
    suspend fun place(items: Int, also: suspend (id: Long) -> Unit): Long = inTransaction {
        val id = OrderTable.insertAndGetId { it[this.items] = items }.value
        also(id)
        id
    }

    suspend fun progress(id: Long, done: Int) {
        inTransaction { OrderTable.update({ OrderTable.id eq id }) { it[this.done] = done } }
    }

    /** Counts how often an order was packed, and does [also] in the same transaction. */
    suspend fun packed(id: Long, also: suspend (JdbcTransaction) -> Unit) {
        inTransaction {
            val before = OrderTable.selectAll().where { OrderTable.id eq id }.forUpdate().single()[OrderTable.packed]
            OrderTable.update({ OrderTable.id eq id }) { it[packed] = before + 1 }
            also(this)
        }
    }

    /** What happens to an order, until it is packed. */
    fun watch(id: Long): Flow<String> = flow {
        while (true) {
            val row = inTransaction { OrderTable.selectAll().where { OrderTable.id eq id }.single() }
            emit("${row[OrderTable.done]} of ${row[OrderTable.items]} items")
            if (row[OrderTable.packed] > 0) return@flow emit("packed")
            delay(50.milliseconds)
        }
    }.distinctUntilChanged()
}
