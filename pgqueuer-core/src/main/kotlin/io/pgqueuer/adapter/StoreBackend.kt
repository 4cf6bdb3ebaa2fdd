package io.pgqueuer.adapter

import io.pgqueuer.Backend
import io.pgqueuer.BackendOptions
import io.pgqueuer.CompletionWatcher
import io.pgqueuer.Insights
import io.pgqueuer.JobQueue
import io.pgqueuer.PgQueuerSpi
import io.pgqueuer.Schedules
import io.pgqueuer.SchemaManager
import io.pgqueuer.SnapshotReader
import io.pgqueuer.WatcherOptions
import io.pgqueuer.Worker
import io.pgqueuer.WorkerBuilder
import io.pgqueuer.configured
import io.pgqueuer.engine.StoreWorker
import io.pgqueuer.engine.producing.StoreQueue
import io.pgqueuer.engine.snapshots.StoreSnapshotReader
import io.pgqueuer.engine.watching.StoreCompletionWatcher
import io.pgqueuer.port.Store
import kotlinx.coroutines.CoroutineScope
import kotlin.reflect.KClass
import kotlin.reflect.safeCast
import kotlin.time.Duration

/**
 * The backend of a [store]: puts the engine on it. Adapters extend it.
 *
 * @property store what the engine works on.
 */
public open class StoreBackend @PgQueuerSpi constructor(
    @property:PgQueuerSpi public val store: Store,
    override val options: BackendOptions = BackendOptions {},
) : Backend {
    override val queue: JobQueue = StoreQueue(this, store, options)
    override val insights: Insights get() = store.insights
    override val schedules: Schedules get() = store.schedules
    override val schema: SchemaManager get() = store.schema

    override fun worker(configure: WorkerBuilder.() -> Unit): Worker =
        StoreWorker(this, store, WorkerBuilder().apply(configure).build())

    override fun completionWatcher(scope: CoroutineScope, configure: WatcherOptions.() -> Unit): CompletionWatcher =
        StoreCompletionWatcher(store, scope, WatcherOptions().configured(configure))

    override fun snapshotReader(scope: CoroutineScope, interval: Duration): SnapshotReader =
        StoreSnapshotReader(store, scope, interval)

    override fun <T : Any> capability(type: KClass<T>): T? = type.safeCast(this) ?: store.capability(type)

    override fun close() {
        store.close()
    }
}
