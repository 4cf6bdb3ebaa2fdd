package io.pgqueuer.spring

import io.pgqueuer.JobQueue
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.jetbrains.exposed.v1.core.DatabaseConfig
import org.jetbrains.exposed.v1.core.Table
import org.jetbrains.exposed.v1.jdbc.insert
import org.jetbrains.exposed.v1.spring7.transaction.SpringTransactionManager
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.springframework.boot.autoconfigure.AutoConfigurations
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration
import org.springframework.boot.test.context.runner.ApplicationContextRunner
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration
import org.springframework.context.annotation.Bean
import org.springframework.context.annotation.Configuration
import org.springframework.transaction.PlatformTransactionManager
import org.springframework.transaction.TransactionDefinition
import org.springframework.transaction.annotation.Transactional
import org.springframework.transaction.support.TransactionTemplate
import javax.sql.DataSource

/** Calls on the queue inside transactions that Exposed's own manager for Spring has begun. */
class ExposedTransactionsTest {
    private val database = TestDatabase()

    @BeforeEach
    fun createOrders() = database.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")

    @Test
    fun anOrderAndItsJobAreCommittedTogether() = inShop {
        place(1)
        assertThat(orders() to database.jobs()).isEqualTo(listOf("1") to listOf("receipt"))
    }

    @Test
    fun anOrderAndItsJobAreRolledBackTogether() = inShop {
        assertThatThrownBy { place(1, mayBePaid = false) }.hasMessage("not paid")
        assertThat(orders() + database.jobs()).isEmpty()
    }

    @Test
    fun aTransactionOfItsOwnWithinAnotherIsCommittedByItself() = inShop {
        val requiresNew = TransactionTemplate(manager).apply {
            propagationBehavior = TransactionDefinition.PROPAGATION_REQUIRES_NEW
        }
        TransactionTemplate(manager).executeWithoutResult { outer ->
            place(1)
            requiresNew.executeWithoutResult { place(2) }
            assertThat(orders() to database.jobs()).isEqualTo(listOf("2") to listOf("receipt"))
            outer.setRollbackOnly()
        }
        assertThat(orders() to database.jobs()).isEqualTo(listOf("2") to listOf("receipt"))
    }

    private fun orders() = database.texts("SELECT id FROM orders ORDER BY id")

    private fun inShop(test: Shop.() -> Unit) {
        ApplicationContextRunner()
            .withPropertyValues(*database.properties())
            .withUserConfiguration(Application::class.java)
            .withConfiguration(
                AutoConfigurations.of(
                    DataSourceAutoConfiguration::class.java,
                    TransactionAutoConfiguration::class.java,
                    PgQueuerAutoConfiguration::class.java,
                ),
            )
            .run { it.getBean(Shop::class.java).test() }
    }

    @Configuration
    open class Application {
        @Bean
        open fun manager(dataSource: DataSource): PlatformTransactionManager =
            SpringTransactionManager(dataSource, DatabaseConfig { })

        @Bean
        open fun shop(queue: JobQueue, manager: PlatformTransactionManager) = Shop(queue, manager)
    }

    open class Shop(private val queue: JobQueue, open val manager: PlatformTransactionManager) {
        /** Writes the order by Exposed's DSL, on the connection of the current transaction. */
        @Transactional
        open fun place(order: Long, mayBePaid: Boolean = true) {
            Orders.insert { it[id] = order }
            runBlocking { queue.enqueue("receipt") }
            check(mayBePaid) { "not paid" }
        }
    }

    private object Orders : Table("orders") {
        val id = long("id")
    }
}
