package io.pgqueuer.micrometer

import java.util.concurrent.ConcurrentHashMap

/**
 * A value for each name, made when the name is first seen. After [most] names, all others share one value: names come
 * from the queue, and a registry must not grow with them.
 */
internal class Bounded<T : Any>(
    private val most: Int,
    private val make: (name: String) -> T,
) {
    private val values = ConcurrentHashMap<String, T>()
    private val others by lazy { make(MetricsOptions.OTHERS) }

    /** Allocates nothing for a name that was seen before. */
    operator fun get(name: String): T = values[name] ?: add(name)

    @Synchronized
    private fun add(name: String): T {
        values[name]?.let { return it }
        return if (values.size < most) make(name).also { values[name] = it } else others
    }
}
