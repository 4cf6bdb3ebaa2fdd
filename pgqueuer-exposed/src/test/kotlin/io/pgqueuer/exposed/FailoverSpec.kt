package io.pgqueuer.exposed

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.seconds

/** A primary and a synchronous standby, both named to the clients: workers and producers follow a failover by themselves. */
class FailoverSpec : FunSpec({
    test("the primary is killed and its standby promoted") {
        failover {
            killOld()
            promoteNew()
        }
    }

    test("the primary stays up and becomes read-only, and its standby is promoted") {
        failover {
            makeOldReadOnly()
            promoteNew()
        }
    }
})

private suspend fun failover(fail: suspend ServerPair.() -> Unit) = ServerPair.start().use { servers ->
    val clients = List(3) { postgresBackend(servers.settings.with { connectTimeout = 2.seconds }) }
    try {
        Load(clients).run(claimsSurvive = false, after = servers.new) {
            // A claim need not survive: but those of the long jobs are to be on the standby.
            servers.awaitReplicated()
            servers.fail()
        }
    } finally {
        clients.forEach { it.close() }
    }
}

private suspend fun ServerPair.awaitReplicated() {
    val written = old.text("SELECT pg_current_wal_insert_lsn()")
    soon { old.text("SELECT replay_lsn >= '$written' FROM pg_stat_replication") shouldBe "t" }
}
