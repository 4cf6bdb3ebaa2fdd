package io.pgqueuer.micrometer

import io.micrometer.core.instrument.MeterRegistry
import io.micrometer.core.instrument.binder.MeterBinder
import io.pgqueuer.Backend
import io.pgqueuer.SnapshotReader
import io.pgqueuer.StoreClosedException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import org.slf4j.LoggerFactory
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.coroutines.CoroutineContext

/**
 * Gauges of what a queue contains, whoever works on it.
 *
 * ```
 * QueueMetrics(backend).bindTo(registry)
 * ```
 *
 * From the first [bindTo] on, the queue is read in the background, every [MetricsOptions.interval]. Gauges show the last
 * reading and never ask the store. An entrypoint that leaves the queue goes to 0. If no reading has succeeded for a
 * minute, or for three intervals if that is longer, the gauges are NaN; `pgqueuer.snapshot.age` tells at any time how old
 * the reading is. `docs/observability.md` lists the meters.
 */
public class QueueMetrics private constructor(
    private val options: MetricsOptions,
    context: CoroutineContext,
    makeReader: (CoroutineScope) -> SnapshotReader,
) : MeterBinder,
    AutoCloseable {
    private val scope = CoroutineScope(context + SupervisorJob(context[Job]) + CoroutineName("pgqueuer metrics"))
    private val reader = makeReader(scope)
    private val bound = CopyOnWriteArrayList<QueueMeters>()
    private var reading: Job? = null
    private var isFailing = false

    /**
     * Makes the metrics of [backend], which is read for them alone.
     *
     * @param context where it is read; default: the threads of [Dispatchers.Default].
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public constructor(
        backend: Backend,
        context: CoroutineContext = Dispatchers.Default,
        configure: MetricsOptions.() -> Unit = {},
    ) : this(backend, context, metricsOptions(configure))

    private constructor(backend: Backend, context: CoroutineContext, options: MetricsOptions) :
        this(options, context, { backend.snapshotReader(it, options.interval) })

    /**
     * Makes metrics of what [reader] reads, which others may use too. The interval is the reader's; it is not closed by
     * [close]. A gauge shows a reading that is at most two intervals old.
     *
     * @param context where the reader is asked; default: the threads of [Dispatchers.Default].
     * @throws IllegalArgumentException if an option is out of its bounds.
     */
    public constructor(
        reader: SnapshotReader,
        context: CoroutineContext = Dispatchers.Default,
        configure: MetricsOptions.() -> Unit = {},
    ) : this(metricsOptions(configure), context, { reader })

    /**
     * Adds the gauges to [registry], and starts to read the queue.
     *
     * @throws IllegalStateException if [registry] has the gauges of a queue with the same tags, or if this is closed.
     */
    @Synchronized
    override fun bindTo(registry: MeterRegistry) {
        check(scope.isActive) { "these metrics are closed; make new ones" }
        bound += QueueMeters(registry, options, reader).apply { show() }
        if (reading == null) reading = scope.launch { readOn() }
    }

    /** Stops to read the queue, and removes the gauges from their registries. */
    @Synchronized
    override fun close() {
        scope.cancel()
        bound.forEach(QueueMeters::close)
        bound.clear()
    }

    private suspend fun readOn() {
        while (true) {
            val failure = read()
            if (failure is StoreClosedException) return
            delay(reader.interval)
        }
    }

    /** Returns why the queue could not be read; null if it was. */
    private suspend fun read(): Exception? = try {
        reader.read()
        bound.forEach(QueueMeters::show)
        if (isFailing) log.info("the queue can be read again for its metrics")
        isFailing = false
        null
    } catch (e: CancellationException) {
        throw e
    } catch (e: Exception) {
        bound.forEach(QueueMeters::failed)
        tell(e)
        isFailing = true
        e
    }

    /** A store that is away for an hour fails hundreds of times: one warning is enough. */
    private fun tell(failure: Exception) {
        val text = "the queue cannot be read for its metrics; the next try is in {}: {}"
        if (isFailing) log.debug(text, reader.interval, "$failure") else log.warn(text, reader.interval, "$failure")
    }

    private companion object {
        val log = LoggerFactory.getLogger(QueueMetrics::class.java)
    }
}
