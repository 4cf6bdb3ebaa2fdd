package io.pgqueuer.java.internal

import io.pgqueuer.BackendExtension
import io.pgqueuer.java.BackendOptions
import io.pgqueuer.java.EnqueueInterceptor
import io.pgqueuer.java.WorkerObserver
import java.util.function.Consumer
import io.pgqueuer.BackendOptions as CoreBackendOptions
import io.pgqueuer.exposed.PostgresSettings as CorePostgresSettings

/** Collects the options of a backend before it is made: the prefix and the schema are needed first. */
internal class BackendDraft : BackendOptions {
    private val changes = mutableListOf<CoreBackendOptions.() -> Unit>()
    private var isFixed = false

    var prefix: String? = null
        private set
    var schema: String? = null
        private set

    override fun maxPayloadBytes(maxPayloadBytes: Int) = set { this.maxPayloadBytes = maxPayloadBytes }

    override fun interceptEnqueue(interceptor: EnqueueInterceptor) = required("interceptor" to interceptor) {
        set {
            interceptEnqueue { job -> interceptor.intercept(job.toJava()).toCore() }
        }
    }

    override fun observe(observer: WorkerObserver) = required("observer" to observer) {
        set { observe(observer.toCore()) }
    }

    override fun install(extension: BackendExtension) = required("extension" to extension) {
        set { install(extension) }
    }

    override fun prefix(prefix: String) = required("prefix" to prefix) {
        set {}.also { this.prefix = prefix }
    }

    override fun schema(schema: String) = required("schema" to schema) {
        set {}.also { this.schema = schema }
    }

    fun configured(options: Consumer<BackendOptions>): BackendDraft {
        options.accept(this)
        isFixed = true
        return this
    }

    fun applyTo(options: CoreBackendOptions) {
        changes.applyTo(options)
    }

    /** Returns [settings] with the prefix and the schema that were set here. */
    fun placed(settings: CorePostgresSettings) = settings.with {
        prefix = this@BackendDraft.prefix ?: settings.prefix
        schema = this@BackendDraft.schema ?: settings.schema
    }

    private fun set(change: CoreBackendOptions.() -> Unit): BackendDraft {
        check(!isFixed) { "the backend is made; its options cannot be set any more" }
        changes += change
        return this
    }
}

/** Sets on [options] what was collected, in its order. */
internal fun <T> List<T.() -> Unit>.applyTo(options: T) = forEach { options.it() }
