package io.pgqueuer.java.internal

import io.pgqueuer.java.NewJob
import java.time.Duration
import java.time.Instant
import java.util.Optional
import java.util.function.Consumer
import kotlin.time.toJavaDuration
import kotlin.time.toJavaInstant
import kotlin.time.toKotlinDuration
import kotlin.time.toKotlinInstant
import io.pgqueuer.NewJob as CoreNewJob

internal fun newJob(entrypoint: String): NewJob.Builder = required("entrypoint" to entrypoint) {
    NewJobBuilder { CoreNewJob(entrypoint, null, it) }
}

internal fun newJob(entrypoint: String, payload: ByteArray): NewJob.Builder {
    required("entrypoint" to entrypoint, "payload" to payload)
    val copy = payload.copyOf()
    return NewJobBuilder { CoreNewJob(entrypoint, copy, it) }
}

fun CoreNewJob.toJava(): NewJob = JavaNewJob(this)

internal fun NewJob.toCore(): CoreNewJob = requireNotNull(this as? JavaNewJob) {
    "a job must be made by NewJob.of or NewJob.builder, was a ${javaClass.name}"
}.core

private data class JavaNewJob(
    val core: CoreNewJob,
) : NewJob {
    override fun entrypoint() = core.entrypoint

    override fun payload(): Optional<ByteArray> = Optional.ofNullable(core.payload?.copyOf())

    override fun priority() = core.priority

    override fun delay() = core.delay.toJavaDuration()

    override fun runAt(): Optional<Instant> = Optional.ofNullable(core.runAt?.toJavaInstant())

    override fun dedupeKey(): Optional<String> = Optional.ofNullable(core.dedupeKey)

    override fun headers() = core.headers.texts()

    override fun with(changes: Consumer<NewJob.Builder>): NewJob = required("changes" to changes) {
        NewJobBuilder(core::with).also(changes::accept).build()
    }

    override fun toString() = core.toString()
}

/** Collects changes, for [make] to make a job with. */
private class NewJobBuilder(
    private val make: (CoreNewJob.() -> Unit) -> CoreNewJob,
) : NewJob.Builder {
    private val changes = mutableListOf<CoreNewJob.() -> Unit>()

    override fun priority(priority: Int) = set { this.priority = priority }

    override fun delay(delay: Duration) = required("delay" to delay) {
        set { this.delay = delay.toKotlinDuration() }
    }

    override fun runAt(runAt: Instant) = required("runAt" to runAt) {
        set { this.runAt = runAt.toKotlinInstant() }
    }

    override fun dedupeKey(dedupeKey: String) = required("dedupeKey" to dedupeKey) {
        set { this.dedupeKey = dedupeKey }
    }

    override fun header(name: String, value: String) = required("name" to name, "value" to value) {
        set { header(name, value) }
    }

    override fun headers(headers: Map<String, String>): NewJobBuilder {
        required("headers" to headers)
        val added = headers.toMap()
        return set { added.forEach { (name, value) -> header(name, value) } }
    }

    override fun build() = JavaNewJob(make { changes.applyTo(this) })

    private fun set(change: CoreNewJob.() -> Unit): NewJobBuilder {
        changes += change
        return this
    }
}
