package io.pgqueuer

import kotlin.properties.PropertyDelegateProvider
import kotlin.properties.ReadWriteProperty
import kotlin.reflect.KProperty

/**
 * Options that are set in a block, such as `worker.run { batchSize = 100 }`, and cannot be changed afterwards.
 *
 * Each option is checked when it is set: a value out of its bounds throws [IllegalArgumentException]. Setting an option
 * after the block has ended throws [IllegalStateException].
 *
 * In the block, the name of an option means the option: to set it from a variable of the same name, write
 * `this.batchSize = batchSize`.
 */
public abstract class Options @PgQueuerSpi constructor() {
    private val all = mutableListOf<Option<*>>()
    private var isFixed = false

    /**
     * Declares an option.
     *
     * @param bounds completes the sentence "batchSize must be …", for values that [isValid] refuses.
     */
    @PgQueuerSpi
    protected fun <T> option(
        default: T,
        bounds: String = "valid",
        isValid: (T) -> Boolean = { true },
    ): PropertyDelegateProvider<Options, ReadWriteProperty<Options, T>> = PropertyDelegateProvider { _, property ->
        Option(property.name, default, bounds, isValid).also { all += it }
    }

    /** Checks what concerns more than one option. Throws [IllegalArgumentException]. */
    @PgQueuerSpi
    protected open fun check() {}

    internal fun fix() {
        check()
        isFixed = true
    }

    @Suppress("UNCHECKED_CAST")
    internal fun setAll(other: Options) {
        all.zip(other.all) { own, its -> (own as Option<Any?>).takeOver(its) }
    }

    /** Sets the options that were set on [other], and leaves the rest as they are. */
    @Suppress("UNCHECKED_CAST")
    internal fun setWhatWasSet(other: Options) {
        all.zip(other.all) { own, its -> if (its.isSet) (own as Option<Any?>).takeOver(its) }
    }

    override fun equals(other: Any?): Boolean =
        other is Options && other::class == this::class && other.all.map { it.value } == all.map { it.value }

    override fun hashCode(): Int = all.map { it.value }.hashCode()

    override fun toString(): String = all.joinToString(prefix = "${this::class.simpleName}(", postfix = ")")

    private inner class Option<T>(
        private val name: String,
        var value: T,
        private val bounds: String,
        private val isValid: (T) -> Boolean,
    ) : ReadWriteProperty<Options, T> {
        /** Whether a value was set, be it the default. */
        var isSet = false
            private set

        fun takeOver(other: Option<out T>) {
            value = other.value
            isSet = other.isSet
        }

        override fun getValue(thisRef: Options, property: KProperty<*>): T = value

        override fun setValue(thisRef: Options, property: KProperty<*>, value: T) {
            check(!isFixed) { "$name cannot be set any more: these options are in use; make new ones by with { … }" }
            require(isValid(value)) { "$name must be $bounds, was $value" }
            this.value = value
            isSet = true
        }

        override fun toString() = "$name=$value"
    }
}

/** Sets all options as [original] has them, and returns these options. */
@PgQueuerSpi
public fun <T : Options> T.copyOf(original: T): T = apply { setAll(original) }

/** Runs [configure] on these options and fixes them. */
@PgQueuerSpi
public fun <T : Options> T.configured(configure: T.() -> Unit): T = apply(configure).apply(Options::fix)
