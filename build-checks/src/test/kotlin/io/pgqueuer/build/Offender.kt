package io.pgqueuer.build

import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.runBlocking
import java.sql.Connection
import java.time.Instant
import java.util.UUID
import kotlin.random.Random
import kotlin.time.Clock
import kotlin.time.TimeSource

/** Breaks every rule of [ArchitectureSpec], to test that the checks find it. Never run. */
internal abstract class Offender {
    abstract fun store(connection: Connection)

    fun sql() = "SELECT 1"

    fun times() = listOf(System.currentTimeMillis(), System.nanoTime(), Instant.now(), Clock.System.now())

    fun elapsed() = TimeSource.Monotonic.markNow()

    fun chance() = listOf(Random.nextInt(), UUID.randomUUID())

    fun sleep() = Thread.sleep(1)

    fun block() = runBlocking { }

    @OptIn(DelicateCoroutinesApi::class)
    fun scope() = GlobalScope
}
