package io.pgqueuer.exposed

import io.kotest.core.annotation.EnabledCondition
import io.kotest.core.spec.Spec
import kotlin.reflect.KClass

/** Whether the server's counters are up to date as soon as a connection has ended: from PostgreSQL 15 on. */
class PromptCounters : EnabledCondition {
    override fun evaluate(kclass: KClass<out Spec>): Boolean =
        TestPostgres.newDatabase().text("SELECT current_setting('server_version_num')::int >= 150000") == "t"
}
