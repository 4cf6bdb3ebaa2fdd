@file:OptIn(ExperimentalCoroutinesApi::class)

package io.pgqueuer.port

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.asCoroutineDispatcher
import java.lang.reflect.InvocationTargetException
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/** Where blocking handlers run. All workers of the process share these threads. */
internal object BlockingThreads {
    /** How many platform threads there are at most. */
    const val MOST_THREADS = 64

    /**
     * How many blocking handlers a worker runs at once on virtual threads. The threads cost little, but what handlers
     * wait for is limited: connections, files, other services. And no other worker can take a job that is running here.
     */
    const val MOST_VIRTUAL_THREADS = 256

    private val virtualThreads: Executor? by lazy(::newVirtualThreads)

    val dispatcher: CoroutineDispatcher by lazy {
        virtualThreads?.asCoroutineDispatcher()
            ?: Dispatchers.IO.limitedParallelism(MOST_THREADS)
    }

    val parallelism: Int get() = if (virtualThreads == null) MOST_THREADS else MOST_VIRTUAL_THREADS

    // By reflection: the bytecode is that of Java 17, virtual threads came with 21 (19 and 20 throw, as a preview).
    private fun newVirtualThreads(): Executor? = try {
        Executors::class.java.getMethod("newVirtualThreadPerTaskExecutor").invoke(null) as Executor
    } catch (_: NoSuchMethodException) {
        null
    } catch (_: InvocationTargetException) {
        null
    }
}
