package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.pgqueuer.StoreUnavailableException
import io.pgqueuer.exposed.internal.connection.translate
import java.sql.SQLException

/** What the messages about errors of the server and the driver say. */
class SqlErrorsSpec : FunSpec({
    fun told(failure: Exception) = translate(failure, "db:5432/shop")

    test("a closed connection is called closed, and the server is not blamed") {
        val error = told(SQLException("This connection has been closed.", "08003"))
        error.shouldBeInstanceOf<StoreUnavailableException>().message.orEmpty().run {
            this shouldContain "the connection is closed"
            this shouldNotContain "the server runs"
        }
    }

    test("an authentication that the driver gives up asks for the password, and the server is not blamed") {
        val error = told(SQLException("SCRAM-based authentication, but no password was provided.", "08004"))
        error.shouldBeInstanceOf<StoreUnavailableException>().message.orEmpty().run {
            this shouldContain "give a password"
            this shouldNotContain "the server runs"
        }
    }

    test("an aborted transaction is called aborted, with its cause") {
        val first = SQLException("ERROR: division by zero", "22012")
        val error = told(SQLException("ERROR: current transaction is aborted", "25P02", first))
        error.shouldBeInstanceOf<IllegalStateException>().message.orEmpty().run {
            this shouldContain "the transaction is aborted"
            this shouldContain "division by zero"
        }
    }

    test("a read-only transaction names the settings that make it so") {
        val error = told(SQLException("ERROR: cannot execute INSERT in a read-only transaction", "25006"))
        error?.message.orEmpty() shouldContain "default_transaction_read_only"
    }

    test("a transaction that the server ended for its duration names the timeouts") {
        val error = told(SQLException("FATAL: terminating connection due to idle-in-transaction timeout", "25P03"))
        error?.message.orEmpty().run {
            this shouldContain "idle_in_transaction_session_timeout"
            this shouldNotContain "primary"
        }
    }
})
