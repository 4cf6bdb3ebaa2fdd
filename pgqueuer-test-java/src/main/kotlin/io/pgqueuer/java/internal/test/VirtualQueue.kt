package io.pgqueuer.java.internal.test

import io.pgqueuer.adapter.StoreBackend
import io.pgqueuer.java.Backend
import io.pgqueuer.java.internal.javaBackend
import io.pgqueuer.java.internal.toJava
import io.pgqueuer.java.test.EnqueuedJob
import io.pgqueuer.memory.inMemoryBackend
import io.pgqueuer.port.EngineRuntime
import io.pgqueuer.port.Store
import io.pgqueuer.test.RecordingStore
import java.time.Duration
import java.time.Instant
import kotlin.coroutines.CoroutineContext
import kotlin.random.Random
import kotlin.time.toJavaInstant
import kotlin.time.toKotlinDuration
import kotlin.time.toKotlinInstant

/** A queue in memory in virtual time, and the jobs that were enqueued on it. */
class VirtualQueue(
    start: Instant,
) {
    private val time = VirtualTime(start.toKotlinInstant())
    private val memory = inMemoryBackend(time)
    private val recording = RecordingStore(InVirtualTime(memory.store, time))

    val backend: Backend = javaBackend(StoreBackend(recording), VirtualThreads(time))

    val enqueued: List<EnqueuedJob>
        get() = recording.enqueued.map { EnqueuedJob(it.id.value, it.job.toJava()) }

    fun reset() {
        memory.reset()
        recording.forget()
    }

    fun now(): Instant = time.now().toJavaInstant()

    fun advance(by: Duration) = time.advance(by.toKotlinDuration())
}

/** Runs the engine on [time]. */
private class InVirtualTime(
    real: Store,
    private val time: VirtualTime,
) : Store by real {
    override fun runtime(caller: CoroutineContext): EngineRuntime =
        EngineRuntime.inCaller(time, Random(SEED), time.timeSource)

    private companion object {
        // Retries with jitter come at the same times in each run of a test.
        const val SEED = 42
    }
}
