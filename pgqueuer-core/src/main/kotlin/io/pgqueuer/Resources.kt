package io.pgqueuer

import kotlin.reflect.KClass

/** Objects that handlers share, such as clients and pools, by type and name. The worker does not close them. */
public class Resources internal constructor(
    private val values: Map<Key, Any>,
) {
    /**
     * Returns the resource that was put as [type] under [name].
     *
     * @throws IllegalStateException if there is none.
     */
    @Suppress("UNCHECKED_CAST")
    public fun <T : Any> get(type: KClass<T>, name: String = ""): T = checkNotNull(values[Key(type, name)]) {
        "no resource ${Key(type, name)}; put it in `resources { put(…) }`, known: ${values.keys}"
    } as T

    internal data class Key(
        val type: KClass<*>,
        val name: String,
    ) {
        override fun toString() = (type.qualifiedName ?: "$type") + if (name.isEmpty()) "" else " '$name'"
    }

    /** Collects resources in `resources { … }`. */
    @PgQueuerDsl
    public class Builder internal constructor() {
        private val values = mutableMapOf<Key, Any>()

        /** Puts [value] under its static type [T] and [name]; handlers get it by `resource<T>(name)`. */
        public inline fun <reified T : Any> put(value: T, name: String = "") {
            put(T::class, value, name)
        }

        /**
         * Puts [value] under [type] and [name].
         *
         * @throws IllegalArgumentException if that place is taken.
         */
        public fun <T : Any> put(type: KClass<T>, value: T, name: String = "") {
            val key = Key(type, name)
            require(values.put(key, value) == null) { "resource $key is put twice; give one of them a name" }
        }

        internal fun build() = Resources(values.toMap())
    }
}
