package io.pgqueuer.cli

import io.kotest.assertions.withClue
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldBeEmpty
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.pgqueuer.test.PostgresDatabase
import java.sql.DriverManager

/** Asserts exit code 1, nothing on stdout, and one line on stderr that contains [says]. */
internal fun Ended.shouldBeAnError(vararg says: String) = withClue(this) {
    exitCode shouldBe 1
    out.shouldBeEmpty()
    err.lines().filter(String::isNotEmpty) shouldHaveSize 1
    err shouldStartWith "pgq: "
    says.forEach { err shouldContain it }
}

internal fun PostgresDatabase.execute(sql: String) {
    DriverManager.getConnection(jdbcUrl).use { connection -> connection.createStatement().use { it.execute(sql) } }
}

/** Returns the first column of the rows of [sql]. */
internal fun PostgresDatabase.query(sql: String): List<String> =
    DriverManager.getConnection(jdbcUrl).use { connection ->
        connection.createStatement().use { statement ->
            val rows = statement.executeQuery(sql)
            buildList { while (rows.next()) add(rows.getString(1)) }
        }
    }

internal fun PostgresDatabase.tables(schema: String = "public"): List<String> =
    query("SELECT tablename FROM pg_tables WHERE schemaname = '$schema'")
