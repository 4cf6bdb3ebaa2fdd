package io.pgqueuer.spring.internal.backend

import io.pgqueuer.java.internal.javaBackend
import io.pgqueuer.java.internal.toCore
import io.pgqueuer.Backend as CoreBackend
import io.pgqueuer.java.Backend as JavaBackend

/** The backend of Java on [core], which the application made in Kotlin. */
internal fun javaOn(core: CoreBackend): JavaBackend = javaBackend(core)

/** The backend of core behind [java]. */
internal fun coreOf(java: JavaBackend): CoreBackend = java.toCore()
