package io.pgqueuer.engine

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import java.lang.reflect.InvocationTargetException
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/** Where blocking handlers run. */
internal object BlockingThreads {
    val dispatcher: CoroutineDispatcher by lazy {
        virtualThreads()?.asCoroutineDispatcher()
            ?: Dispatchers.IO.limitedParallelism(MOST_THREADS, "pgqueuer-blocking")
    }

    // By reflection: the bytecode is that of Java 17, virtual threads came with 21 (19 and 20 throw, as a preview).
    private fun virtualThreads(): Executor? = try {
        Executors::class.java.getMethod("newVirtualThreadPerTaskExecutor").invoke(null) as Executor
    } catch (_: NoSuchMethodException) {
        null
    } catch (_: InvocationTargetException) {
        null
    }

    private const val MOST_THREADS = 64
}
