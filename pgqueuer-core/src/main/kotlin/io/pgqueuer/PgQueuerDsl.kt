package io.pgqueuer

/** Keeps the receivers of nested blocks apart: a handler cannot register entrypoints. */
@DslMarker
@Target(AnnotationTarget.CLASS, AnnotationTarget.TYPE)
public annotation class PgQueuerDsl
