package io.pgqueuer.build

import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools

/** Dumps what users of [module] can compile or link against, one declaration per line; empty if it has no code. */
internal fun publicApi(module: ModuleFolder): String = buildString {
    AbiTools.getInstance().printJvmDump(this, module.classFiles.map { it.toFile() }, WITHOUT_BRIDGE)
}

/** What stands behind the Java facade and the Spring Boot starter has to be public for their own code. */
private val WITHOUT_BRIDGE = AbiFilters(
    includedClasses = emptySet(),
    excludedClasses = setOf(
        "io.pgqueuer.java.internal.**",
        "io.pgqueuer.spring.internal.**",
        "io.pgqueuer.spring.test.internal.**",
    ),
    includedAnnotatedWith = emptySet(),
    excludedAnnotatedWith = emptySet(),
)

/** Returns the lines that only one of the two dumps has, with `-` for [kept] and `+` for [actual]. */
internal fun apiDifference(kept: String, actual: String): List<String> {
    val before = qualifiedLines(kept)
    val after = qualifiedLines(actual)
    return (before - after.toSet()).map { "- $it" } + (after - before.toSet()).map { "+ $it" }
}

/** Puts the class in front of each member: several classes can have equal members. */
private fun qualifiedLines(api: String): List<String> {
    var owner = ""
    return api.lines().filter { it.isNotBlank() && it != "}" }.map { line ->
        if (line.first().isWhitespace()) {
            "$owner: ${line.trim()}"
        } else {
            owner = CLASS_NAME.find(line)?.groupValues?.get(1) ?: line
            line.removeSuffix(" {")
        }
    }
}

private val CLASS_NAME = Regex("class ([^ ]+)")
