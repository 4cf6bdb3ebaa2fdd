package io.pgqueuer

/** Separates the receivers of nested blocks: a handler cannot register entrypoints. */
@DslMarker
@Target(AnnotationTarget.CLASS, AnnotationTarget.TYPE)
public annotation class PgQueuerDsl

/**
 * Marks what adapters and test tools implement or call: the ports, and the classes that carry data through them.
 *
 * Applications do not need it. It may change in any release without a deprecation.
 */
@RequiresOptIn("This is for adapters and test tools, and may change in any release.", RequiresOptIn.Level.ERROR)
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.CONSTRUCTOR, AnnotationTarget.FUNCTION, AnnotationTarget.PROPERTY)
public annotation class PgQueuerSpi
